using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Connectors;

public static class ConnectorsServices
{
    /// <summary>The catalog and remote servers' lists (over an <see cref="Remote.IRemoteDefinitions"/>), over an <see cref="IConnectorRevisionStore"/> and <see cref="BehalfOptions.ConnectorsFolder"/>.</summary>
    public static IServiceCollection AddConnectors(this IServiceCollection services)
    {
        services.TryAddSingleton<IConnectorCatalog, ConnectorCatalog>();
        services.TryAddSingleton<Custom.ICustomConnectors, Custom.CustomConnectors>();
        services.TryAddSingleton<Remote.IRemoteListings, Remote.RemoteListings>();
        return services;
    }
}
