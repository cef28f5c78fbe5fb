using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Agent;
using Behalf.Client;
using Behalf.Client.AspNetCore;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.AI;

namespace TeamAgent;

/// <summary>
/// One prompt of the signed-in person, run with a client that is bound to them. Answers as a page, or line by line
/// (<c>application/x-ndjson</c>) while the agent works.
/// </summary>
internal static class Ask
{
    private const string Lines = "application/x-ndjson";

    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void MapAsk(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/ask", AskAsync).RequireAuthorization();

    private static async Task AskAsync(
        HttpContext context,
        IAntiforgery forgery,
        BehalfClient behalf,
        IChatClient model
    )
    {
        await forgery.ValidateRequestAsync(context);
        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        string prompt = form["prompt"].ToString();
        if (string.IsNullOrWhiteSpace(prompt))
        {
            context.Response.Redirect("/");
            return;
        }

        using UserClient user = behalf.CreateUserClient(context.User);
        AgentOptions options = new()
        {
            DisplayName = context.User.DisplayName(),
            AuthorizationLink = (account, _) =>
                Task.FromResult<Uri?>(context.GetBehalfConnectUrl(account.ConnectionName)),
        };
        IAsyncEnumerable<AgentEvent> events = new BehalfAgent(model).RunAsync(
            prompt,
            user,
            options,
            context.RequestAborted
        );
        bool streams = context.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == Lines);
        await (streams ? StreamAsync(context, events) : ShowAsync(context, prompt, events));
    }

    private static async Task StreamAsync(HttpContext context, IAsyncEnumerable<AgentEvent> events)
    {
        context.Response.ContentType = Lines;
        await foreach (AgentEvent happened in events)
        {
            if (Describe(happened) is { } line)
            {
                await context.Response.WriteAsync(line.ToJsonString(Plain) + "\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
    }

    private static async Task ShowAsync(HttpContext context, string prompt, IAsyncEnumerable<AgentEvent> events)
    {
        StringBuilder body = new();
        body.Append($"<p><b>{Html.Encode(prompt)}</b></p>");
        await foreach (AgentEvent happened in events)
        {
            body.Append(
                happened switch
                {
                    AgentEvent.ToolReturned tool =>
                        $"<p>→ {Html.Encode(tool.Name)} · {(int)tool.Duration.TotalMilliseconds} ms · {Html.Encode(tool.Summary)}</p>",
                    AgentEvent.AuthorizationRequired { Link: { } link } required =>
                        $"<p class=\"note\"><a href=\"{Html.Encode(link.ToString())}\">Connect {Html.Encode(required.ConnectionName)}</a></p>",
                    AgentEvent.Completed completed => $"<pre>{Html.Encode(completed.Text)}</pre>",
                    _ => string.Empty,
                }
            );
        }

        body.Append("<p><a href=\"/\">Back</a></p>");
        await Html.Page("Answer", body.ToString()).ExecuteAsync(context);
    }

    /// <summary>The wire form of an event; null for those a reader of lines has no use for.</summary>
    private static JsonObject? Describe(AgentEvent happened) =>
        happened switch
        {
            AgentEvent.Discovered discovered => new JsonObject
            {
                ["type"] = "discovered",
                ["run"] = discovered.RunId,
                ["tools"] = discovered.Tools,
                ["shown"] = discovered.Shown,
                ["tokens"] = discovered.ShownTokens,
            },
            AgentEvent.TextDelta delta => new JsonObject { ["type"] = "text", ["text"] = delta.Text },
            AgentEvent.ToolCalling calling => new JsonObject
            {
                ["type"] = "tool_calling",
                ["name"] = calling.Name,
                ["arguments"] = calling.Arguments.DeepClone(),
            },
            AgentEvent.ToolReturned returned => new JsonObject
            {
                ["type"] = "tool_returned",
                ["name"] = returned.Name,
                ["ok"] = returned.Ok,
                ["milliseconds"] = (long)returned.Duration.TotalMilliseconds,
                ["summary"] = returned.Summary,
            },
            AgentEvent.AuthorizationRequired required => new JsonObject
            {
                ["type"] = "authorization_required",
                ["connection"] = required.ConnectionName,
                ["status"] = required.Status,
                ["link"] = required.Link?.ToString(),
            },
            AgentEvent.LimitReached limit => new JsonObject { ["type"] = "limit_reached", ["detail"] = limit.Detail },
            AgentEvent.Completed { Stop: AgentStop.ModelFailed or AgentStop.ServerFailed } failed => new JsonObject
            {
                ["type"] = "failed",
                ["message"] = failed.Text,
            },
            AgentEvent.Completed completed => new JsonObject
            {
                ["type"] = "completed",
                ["text"] = completed.Text,
                ["stop"] = completed.Stop.ToString(),
            },
            _ => null,
        };
}
