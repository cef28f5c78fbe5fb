using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Remote;

public static class RemoteServices
{
    /// <summary>Remote MCP servers, over the rooms Connectors, Connections and Egress.</summary>
    public static IServiceCollection AddRemoteServers(this IServiceCollection services)
    {
        services.TryAddSingleton<Discovery>();
        services.TryAddSingleton<IRemoteServers, RemoteServers>();
        return services;
    }
}
