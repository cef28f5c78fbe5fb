using Behalf.Server.Mcp;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.ConformanceHost;

/// <summary>
/// What the server has here and nowhere else: a step behind each call that puts the fixtures' answers into MCP's forms, and
/// prompts and resources, which connectors do not have. The call itself has been through the gate, policy, audit and egress
/// before; prompts and resources pass the gate and the endpoint.
/// </summary>
internal static class ConformanceServices
{
    public static IServiceCollection AddConformance(this IServiceCollection services)
    {
        services
            .AddOptions<McpServerOptions>()
            .Configure<RequestStates>(
                (server, states) =>
                {
                    server.Filters.Request.CallToolFilters.Add(next =>
                        async (call, cancellationToken) =>
                        {
                            CallToolResult result = await next(call, cancellationToken);
                            return FixtureAnswer.Of(result)?.Play(call, states) ?? result;
                        }
                    );
                    FixturePrompts.AddTo(server);
                    FixtureResources.AddTo(server);
                }
            );
        return services;
    }
}
