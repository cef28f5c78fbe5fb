using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
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
    private static readonly string[] Endpoints =
    [
        "/mcp",
        "/mcp/v3/servers/{server:guid}",
        "/mcp/v3/connections/{connection:connection_name}",
        "/mcp/v2/servers/{instance:guid}",
        "/mcp/v1/servers/{server:guid}",
    ];

    public static IServiceCollection AddMcpDoor(this IServiceCollection services)
    {
        services.Configure<RouteOptions>(routes =>
            routes.SetParameterPolicy<ConnectionNameConstraint>(ConnectionNameConstraint.Name)
        );
        services.TryAddSingleton<McpOrigins>();
        services.TryAddSingleton<Challenge>();
        services.TryAddSingleton<WriteAccess>();
        services.TryAddSingleton<ClientSessions>();
        services.TryAddSingleton<OpenCalls>();
        services.TryAddSingleton<WrittenTools>();
        services.TryAddSingleton<ToolListing>();
        services.TryAddSingleton<ToolListWatch>();
        services.TryAddSingleton<ToolListStream>();
        services.TryAddSingleton<ToolCalling>();
        services.TryAddSingleton<ConnectionsTool>();
        services.TryAddSingleton<ConfirmPrompt>();
        services.TryAddSingleton<ConnectPrompt>();
        services.TryAddSingleton<QuestionPrompt>();
        services.TryAddSingleton<RequestStates>();
        services.TryAddSingleton<ResourceMetadata>();
        services
            .AddMcpServer()
            .WithHttpTransport(transport => transport.ConfigureSessionOptions = ConfigureAsync)
            .WithMessageFilters(filters =>
                filters.AddOutgoingFilter(next =>
                    (message, cancellationToken) =>
                    {
                        AnnounceListChanges(message.JsonRpcMessage);
                        PutTools(message.JsonRpcMessage);
                        return next(message, cancellationToken);
                    }
                )
            );
        services
            .AddOptions<HttpServerTransportOptions>()
            .Configure<IOptions<BehalfOptions>, TimeProvider>(
                (transport, options, time) =>
                {
                    transport.SessionMode = options.Value.Mcp.KeepsSessions
                        ? HttpServerSessionMode.StatefulForInitializeClients
                        : HttpServerSessionMode.Stateless;
#pragma warning disable MCP9006 // sessions are for clients of the older generation, and these are their bounds
                    transport.IdleTimeout = TimeSpan.FromMinutes(30);
                    transport.MaxIdleSessionCount = 1_000;
#pragma warning restore MCP9006
                    transport.TimeProvider = time;
                }
            );
        services.AddOptions<McpServerOptions>().Configure<ToolListing, ToolCalling, ToolListStream, OpenCalls>(Offer);
        return services;
    }

    public static void MapMcpDoor(this WebApplication app)
    {
        bool keepsSessions = app.Services.GetRequiredService<IOptions<BehalfOptions>>().Value.Mcp.KeepsSessions;
        foreach (string endpoint in Endpoints)
        {
            app.MapMcp(endpoint).WithMetadata(new AcceptsMcpTokenAttribute());
            if (!keepsSessions)
            {
                // The gate answers it; without sessions the SDK has nothing at this method.
                app.MapGet(endpoint, () => Results.StatusCode(StatusCodes.Status405MethodNotAllowed))
                    .WithDisplayName($"MCP stream of changes | {endpoint}")
                    .WithMetadata(new AcceptsMcpTokenAttribute());
            }
        }

        app.MapResourceMetadata();
    }

    private static void Offer(
        McpServerOptions server,
        ToolListing listing,
        ToolCalling calling,
        ToolListStream stream,
        OpenCalls calls
    )
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
        server.Capabilities = new ServerCapabilities { Tools = new ToolsCapability { ListChanged = true } };
        server.Handlers.ListToolsHandler = (request, token) => listing.ListAsync(McpVisitor.Of(request), token);
        server.Handlers.CallToolHandler = (call, token) => calling.CallAsync(McpVisitor.Of(call), call, token);
        server.Handlers.SubscriptionsListenHandler = stream.ListenAsync;
        server.Handlers.NotificationHandlers =
        [
            KeyValuePair.Create<string, Func<JsonRpcNotification, CancellationToken, ValueTask>>(
                NotificationMethods.CancelledNotification,
                (notification, _) =>
                {
                    CancelMeant(calls, notification);
                    return ValueTask.CompletedTask;
                }
            ),
        ];
    }

    /// <summary>What a client of the older generation said of itself, where its session tells.</summary>
    private static Task ConfigureAsync(HttpContext http, McpServerOptions options, CancellationToken cancellationToken)
    {
        if (http.User is McpVisitor { Session: { } session })
        {
            options.KnownClientCapabilities = session.Capabilities;
        }

        return Task.CompletedTask;
    }

    private static void CancelMeant(OpenCalls calls, JsonRpcNotification notification)
    {
        if (
            notification.Context?.User is McpVisitor { Session: { } session }
            && notification.Params?["requestId"] is JsonValue request
        )
        {
            calls.Cancel(session, request.ToString());
        }
    }

    /// <summary>The SDK takes it back in answers to <c>initialize</c>, because it has no stream for it; we have.</summary>
    private static void AnnounceListChanges(JsonRpcMessage message)
    {
        if (
            message is JsonRpcResponse { Result: JsonObject result }
            && result.ContainsKey("protocolVersion")
            && result["capabilities"]?["tools"] is JsonObject tools
        )
        {
            tools["listChanged"] = true;
        }
    }

    /// <summary>A list goes out as it is kept: the SDK would build and write each tool anew.</summary>
    private static void PutTools(JsonRpcMessage message)
    {
        if (message is JsonRpcResponse { Result: JsonObject result, Context.User: McpVisitor { Listed: { } tools } })
        {
            result["tools"] = tools;
        }
    }
}
