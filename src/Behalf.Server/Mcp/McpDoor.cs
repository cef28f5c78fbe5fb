using Behalf.Mcp;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// MCP over streamable HTTP, in both generations of its wire. Nothing is kept between requests, so any node serves any of
/// them; each one is let in anew by <see cref="McpGate"/>.
/// </summary>
internal static class McpDoor
{
    private const string Servers = "/mcp/v3/servers/{server:guid}";
    private const string Connections = "/mcp/v3/connections/{connection:connection_name}";
    private const string OfOneUser = "/mcp/v1/servers/{server:guid}";
    private const string Personal = "/mcp";

    public static IServiceCollection AddMcpDoor(this IServiceCollection services)
    {
        services.Configure<RouteOptions>(routes =>
            routes.SetParameterPolicy<ConnectionNameConstraint>(ConnectionNameConstraint.Name)
        );
        services.TryAddSingleton<McpOrigins>();
        services.TryAddSingleton<Challenge>();
        services.TryAddSingleton<ToolListing>();
        services.TryAddSingleton<ToolCalling>();
        services.TryAddSingleton<ConnectionsTool>();
        services.TryAddSingleton<ConfirmPrompt>();
        services.TryAddSingleton<ConnectPrompt>();
        services.TryAddSingleton<RequestStates>();
        services.TryAddSingleton<ResourceMetadata>();
        services
            .AddMcpServer(server =>
            {
                server.ServerInfo = new Implementation
                {
                    Name = "behalf",
                    Title = "Behalf",
                    Version = typeof(McpDoor).Assembly.GetName().Version?.ToString(3) ?? "0",
                };
                server.ServerInstructions =
                    "Each tool acts in an account of the person who signed in, with that person's own permissions. "
                    + $"If an account is missing or has expired, call {ConnectionsTool.Name} and give the person the link.";
            })
            .WithHttpTransport(transport =>
            {
                transport.SessionMode = HttpServerSessionMode.Stateless;
                transport.ConfigureSessionOptions = ConfigureAsync;
            });
        return services;
    }

    public static void MapMcpDoor(this WebApplication app)
    {
        app.MapMcp(Servers).WithMetadata(new AcceptsMcpTokenAttribute());
        app.MapMcp(Connections).WithMetadata(new AcceptsMcpTokenAttribute());
        app.MapMcp(OfOneUser).WithMetadata(new AcceptsMcpTokenAttribute());
        app.MapMcp(Personal).WithMetadata(new AcceptsMcpTokenAttribute());
        app.MapResourceMetadata();
    }

    /// <summary>One request's own server: it knows its visitor and nobody else.</summary>
    private static Task ConfigureAsync(HttpContext http, McpServerOptions options, CancellationToken cancellationToken)
    {
        McpVisit visit =
            http.Features.Get<McpVisit>() ?? throw new InvalidOperationException("Nobody was let in at this server.");
        ToolListing listing = http.RequestServices.GetRequiredService<ToolListing>();
        ToolCalling calling = http.RequestServices.GetRequiredService<ToolCalling>();
        options.Capabilities = new ServerCapabilities { Tools = new ToolsCapability { ListChanged = false } };
        options.Handlers.ListToolsHandler = (_, token) => listing.ListAsync(visit, token);
        options.Handlers.CallToolHandler = (call, token) => calling.CallAsync(http, visit, call, token);
        return Task.CompletedTask;
    }
}
