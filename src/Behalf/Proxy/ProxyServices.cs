using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Proxy;

public static class ProxyServices
{
    /// <summary>The provider's whole API, over the rooms Connectors, Policy, Audit, Connections and Vault.</summary>
    public static IServiceCollection AddProxy(this IServiceCollection services)
    {
        services.AddOptions<BehalfOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProxyTargets>();
        services.TryAddSingleton<IProxy, ProxyRoom>();
        return services;
    }
}
