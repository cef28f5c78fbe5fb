using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Mcp;

public static class McpServices
{
    /// <summary>Virtual MCP servers, over the rooms Identity, Connections, Authorization, Tools and Audit.</summary>
    public static IServiceCollection AddMcpServers(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<McpMappings>();
        services.TryAddSingleton<McpConfigs>();
        services.TryAddSingleton<McpInstances>();
        services.TryAddSingleton<McpSessions>();
        services.TryAddSingleton<McpUrls>();
        services.TryAddSingleton<GroupPolicies>();
        services.TryAddSingleton<McpVisits>();
        services.TryAddSingleton<IMcpServers, McpRoom>();
        return services;
    }
}
