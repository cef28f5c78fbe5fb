using Behalf.Audit;
using Behalf.Mcp;
using Behalf.Policy;
using Behalf.Server.Doors;
using Behalf.Tools;

namespace Behalf.Server.Mcp;

/// <summary>
/// In front of every MCP endpoint: Host and Origin, the token for exactly this URL, and the access level that the call in
/// the body needs. The visitor travels as a feature of the request.
/// </summary>
internal sealed class McpGate(
    RequestDelegate next,
    McpOrigins origins,
    IMcpServers servers,
    Challenge challenge,
    ITools tools,
    IAudit audit
)
{
    private static readonly Problem ForeignOrigin = Problem.Forbidden(
        "origin_not_allowed",
        "Requests with this Host or Origin are not accepted here."
    );

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<AcceptsMcpTokenAttribute>() is null)
        {
            await next(http);
            return;
        }

        if (!await origins.AllowsAsync(http))
        {
            await ProblemAnswer.WriteAsync(http, ForeignOrigin);
            return;
        }

        if (BearerTokens.Read(http.Request.Headers.Authorization, several: false) is not [var token])
        {
            await challenge.MissingAsync(http);
            return;
        }

        Result<McpVisit> visit = await servers.EnterAsync(AddressOf(http), token, http.RequestAborted);
        if (!visit.Succeeded)
        {
            await challenge.InvalidAsync(http, visit.Problem);
            return;
        }

        if (
            visit.Value.IsReadOnly
            && await CalledToolAsync(http) is { } name
            && await NeedsMoreAsync(visit.Value, name)
        )
        {
            await DenyAsync(http, visit.Value, name);
            await challenge.InsufficientAsync(http, name);
            return;
        }

        http.Response.Headers.CacheControl = "no-store";
        http.Features.Set(visit.Value);
        await next(http);
    }

    private static McpAddress AddressOf(HttpContext http)
    {
        string path = http.Request.Path.Value ?? string.Empty;
        return http.Request.RouteValues["server"] is string server ? new McpAddress.OfConfig(Guid.Parse(server), path)
            : http.Request.RouteValues["connection"] is string connection
                ? new McpAddress.OfConnection(ConnectionName.Parse(connection), path)
            : new McpAddress.OfPerson(path);
    }

    /// <summary>The tool of a <c>tools/call</c>, read ahead: once the answer has begun there is no status left to set.</summary>
    private static async Task<string?> CalledToolAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            return null;
        }

        http.Request.EnableBuffering();
        string? name = await McpMessage.CalledToolAsync(http.Request.Body, http.RequestAborted);
        http.Request.Body.Position = 0;
        return name;
    }

    private async Task<bool> NeedsMoreAsync(McpVisit visit, string name)
    {
        Explanation explanation = await tools.ExplainAsync(
            visit.Subject,
            new ToolCall
            {
                ToolName = name,
                Arguments = McpMessage.NoArguments,
                ActingThrough = "mcp",
            },
            CancellationToken.None
        );
        return explanation.Checks.Any(check => check.Code == PolicyCodes.ReadOnlyCredential);
    }

    private Task DenyAsync(HttpContext http, McpVisit visit, string name) =>
        audit.DenyAsync(
            new AuditDraft
            {
                Environment = visit.Subject.Environment,
                Kind = AuditKind.Denial,
                Action = "tool.call",
                Identifier = visit.Subject.Identifier.Value,
                Principal = visit.Subject.Principal.ClientId,
                ActingThrough = ToolCalling.ActingThrough(visit),
                Tool = name,
                Decision = "deny",
                Outcome = PolicyCodes.ReadOnlyCredential,
            },
            http.RequestAborted
        );
}
