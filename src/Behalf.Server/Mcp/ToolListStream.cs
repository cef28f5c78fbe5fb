using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Http.Features;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// <c>notifications/tools/list_changed</c> in both generations: on the stream that a GET opens, and on the answer to
/// <c>subscriptions/listen</c>.
/// </summary>
internal sealed class ToolListStream(ToolListWatch watch)
{
    /// <value>In seconds; shorter than what proxies wait.</value>
    private const int Silence = 25;

    private static readonly Problem TooMany = new(
        ProblemKind.RateLimited,
        "too_many_listeners",
        "Too many streams are open already. Close one, or list the tools again when that matters."
    )
    {
        RetryAfter = TimeSpan.FromSeconds(30),
    };

    private static readonly string Changed =
        $$"""{"jsonrpc":"2.0","method":"{{NotificationMethods.ToolListChangedNotification}}"}""";

    /// <summary>GET of the older generation: held until the client or the server ends it, or the token does.</summary>
    public async Task ServeAsync(McpVisitor visitor)
    {
        HttpContext http = visitor.Http;
        using ToolListListener? listener = await watch.EnterAsync(visitor, http.RequestAborted);
        if (listener is null)
        {
            await ProblemAnswer.WriteAsync(http, TooMany);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache,no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        try
        {
            await WriteAsync(http, ": listening\n\n");
            int quiet = 0;
            await foreach (bool changed in listener.LookAsync(http.RequestAborted))
            {
                quiet = changed ? 0 : quiet + 1;
                if (changed)
                {
                    await WriteAsync(http, $"event: message\ndata: {Changed}\n\n");
                }
                else if (quiet % Silence == 0)
                {
                    await WriteAsync(http, ": still listening\n\n");
                }
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client closed it, which is how such a stream ends.
        }
    }

    /// <summary><c>subscriptions/listen</c>: what is granted comes first; other kinds of change do not happen here.</summary>
    public async ValueTask<EmptyResult> ListenAsync(
        RequestContext<SubscriptionsListenRequestParams> request,
        CancellationToken cancellationToken
    )
    {
        McpVisitor visitor = McpVisitor.Of(request);
        bool wanted = request.Params?.Notifications.ToolsListChanged == true;
        using ToolListListener? listener = wanted ? await watch.EnterAsync(visitor, cancellationToken) : null;
        if (wanted && listener is null)
        {
            throw new McpProtocolException(TooMany.Message, McpErrorCode.InvalidRequest);
        }

        await TellAsync(
            request,
            NotificationMethods.SubscriptionsAcknowledgedNotification,
            new JsonObject
            {
                ["notifications"] = wanted ? new JsonObject { ["toolsListChanged"] = true } : new JsonObject(),
            },
            cancellationToken
        );
        if (listener is null)
        {
            return new EmptyResult { ResultType = "complete" };
        }

        await foreach (bool changed in listener.LookAsync(cancellationToken))
        {
            if (changed)
            {
                await TellAsync(request, NotificationMethods.ToolListChangedNotification, [], cancellationToken);
            }
        }

        return new EmptyResult { ResultType = "complete" };
    }

    private static Task TellAsync(
        RequestContext<SubscriptionsListenRequestParams> request,
        string method,
        JsonObject parameters,
        CancellationToken cancellationToken
    )
    {
        parameters["_meta"] = new JsonObject
        {
            ["io.modelcontextprotocol/subscriptionId"] = JsonSerializer.SerializeToNode(request.JsonRpcRequest.Id.Id),
        };
        return request.Server.SendMessageAsync(
            new JsonRpcNotification { Method = method, Params = parameters },
            cancellationToken
        );
    }

    private static async Task WriteAsync(HttpContext http, string text)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
