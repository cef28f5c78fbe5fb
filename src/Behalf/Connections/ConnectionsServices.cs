using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Connections;

public static class ConnectionsServices
{
    /// <summary>
    /// Connections, connected accounts and the way to providers. Needs the stores, <c>IVault</c>, <c>IEgress</c>,
    /// <c>IAudit</c>, <c>IConnectorCatalog</c>, <c>IAuthorization</c> and <see cref="BehalfOptions"/>.
    /// </summary>
    public static IServiceCollection AddBehalfConnections(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PublicUrls>();
        services.TryAddSingleton<ProviderUrls>();
        services.TryAddSingleton<NewConnectionRules>();
        services.TryAddSingleton<ConnectionRegistry>();
        services.TryAddSingleton<ConnectionSettings>();
        services.TryAddSingleton<AccountDirectory>();
        services.TryAddSingleton<AccountEnding>();
        services.TryAddSingleton<UpstreamDoor>();
        services.TryAddSingleton<UpstreamOpener>();
        services.TryAddSingleton<IConnections, ConnectionsRoom>();
        return services;
    }
}
