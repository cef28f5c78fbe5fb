using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Egress;

public static class EgressServices
{
    /// <summary>The one door out. An <see cref="IEgressTransport"/> registered before takes the place of sockets.</summary>
    public static IServiceCollection AddEgress(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<BehalfOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEgressOrigins, EgressOrigins>();
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.TryAddSingleton<EgressDialer>();
        services.TryAddSingleton<IEgressTransport, SocketTransport>();
        services.TryAddSingleton<IEgress, EgressDoor>();
        return services;
    }
}
