using System.Text;
using System.Text.Json;
using Behalf.Limits;
using Behalf.Mcp;
using Behalf.Server.AuthorizationServer;
using Behalf.Server.Doors;
using Behalf.Server.Hosting;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Mcp;

/// <summary>
/// In front of every MCP endpoint: Host and Origin, the token for exactly this URL, the limits of user and credential, the
/// session of a client of the older generation, and the access level that the call in the body needs. The visitor travels
/// as the request's user.
/// </summary>
internal sealed class McpGate(
    RequestDelegate next,
    McpOrigins origins,
    AskedEnvironments environments,
    IMcpServers servers,
    ILimits limits,
    Challenge challenge,
    WriteAccess access,
    ClientSessions sessions,
    ToolListStream stream,
    IOptions<BehalfOptions> options
)
{
    private const string NewerGeneration = "2026-07-28";

    private static readonly Problem ForeignOrigin = Problem.Forbidden(
        "origin_not_allowed",
        "Requests with this Host or Origin are not accepted here."
    );

    private static readonly byte[] NoSession = Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"There is no such session. Begin with initialize."}}"""
    );

    private static readonly byte[] Unreadable = Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"The parameters cannot be read."}}"""
    );

    private static readonly byte[] HeaderDisagrees = Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"MCP-Protocol-Version has to be what the message says in _meta."}}"""
    );

    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<AcceptsMcpTokenAttribute>() is null ? next(http) : EnterAsync(http);

    private async Task EnterAsync(HttpContext http)
    {
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

        McpAddress address = await AddressOfAsync(http);
        Result<McpVisit> visit = await servers.EnterAsync(address, token, http.RequestAborted);
        if (!visit.Succeeded)
        {
            await challenge.InvalidAsync(http, visit.Problem);
            return;
        }

        http.Response.Headers.CacheControl = "no-store";
        Result<IDisposable> entered = limits.EnterRequest(visit.Value.Subject);
        if (!entered.Succeeded)
        {
            await ProblemAnswer.WriteAsync(http, entered.Problem);
            return;
        }

        using IDisposable place = entered.Value;
        McpVisitor visitor = new(visit.Value, address, token, http, place);
        http.User = visitor;
        bool isOlder = IsOlder(http);
        if (isOlder && !options.Value.Mcp.KeepsSessions && !Recognize(visitor))
        {
            await RefuseAsync(http, StatusCodes.Status404NotFound, NoSession); // which makes a client begin anew
            return;
        }

        if (HttpMethods.IsGet(http.Request.Method))
        {
            await ListenAsync(visitor, isOlder);
            return;
        }

        bool mayBegin = isOlder && visitor.Session is null && !options.Value.Mcp.KeepsSessions;
        if (HttpMethods.IsPost(http.Request.Method) && (isOlder || visitor.Visit.IsReadOnly))
        {
            McpMessage message = await ReadAheadAsync(http);
            if (isOlder && message.Version is { } version && version != VersionOf(http))
            {
                await RefuseAsync(http, StatusCodes.Status400BadRequest, HeaderDisagrees); // the SDK compares newer ones
                return;
            }

            if (
                visitor.Visit.IsReadOnly
                && message.CalledTool is { } tool
                && await access.IsMissingAsync(visitor.Visit, tool, http.RequestAborted)
            )
            {
                await challenge.InsufficientAsync(http, tool);
                return;
            }

            if (mayBegin && message.Method == "initialize")
            {
                (bool fillsForms, bool opensUrls) = ClientSession.Declared(message.Parameters);
                http.Response.Headers[ClientSessions.Header] = sessions.Begin(visitor, fillsForms, opensUrls).Id;
            }
        }

        try
        {
            await next(http);
        }
        catch (JsonException) when (!http.Response.HasStarted)
        {
            http.Response.Clear(); // the SDK reads parameters of initialize before anybody could answer for it
            await RefuseAsync(http, StatusCodes.Status400BadRequest, Unreadable);
        }
    }

    private async Task<McpAddress> AddressOfAsync(HttpContext http)
    {
        string path = http.Request.Path.Value ?? string.Empty;
        return http.Request.RouteValues["server"] is string server ? new McpAddress.OfConfig(Guid.Parse(server), path)
            : http.Request.RouteValues["instance"] is string instance
                ? new McpAddress.OfInstance(Guid.Parse(instance), path)
            : http.Request.RouteValues["connection"] is string connection
                ? new McpAddress.OfConnection(ConnectionName.Parse(connection), path)
            : new McpAddress.OfPerson((await environments.OfAsync(http)).Id, path);
    }

    /// <summary>Revisions are dates, so they compare as text; a client that names none is of the older generation.</summary>
    private static bool IsOlder(HttpContext http) => string.CompareOrdinal(VersionOf(http), NewerGeneration) < 0;

    private static string VersionOf(HttpContext http) => http.Request.Headers["MCP-Protocol-Version"].ToString();

    /// <summary>Takes the session id off the request: what it says is known then, and the SDK keeps no sessions.</summary>
    /// <returns>False: it names a session that is not there for this visitor.</returns>
    private bool Recognize(McpVisitor visitor)
    {
        IHeaderDictionary headers = visitor.Http.Request.Headers;
        string id = headers[ClientSessions.Header].ToString();
        headers.Remove(ClientSessions.Header);
        visitor.Session = id.Length == 0 ? null : sessions.Find(visitor, id);
        return id.Length == 0 || visitor.Session is not null;
    }

    private static async Task RefuseAsync(HttpContext http, int status, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>The newer generation has no such stream; the older one's is ours, on every node.</summary>
    private async Task ListenAsync(McpVisitor visitor, bool isOlder)
    {
        HttpContext http = visitor.Http;
        if (!isOlder)
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = HttpMethods.Post;
        }
        else if (!http.Request.GetTypedHeaders().Accept.Any(type => type.MatchesMediaType("text/event-stream")))
        {
            http.Response.StatusCode = StatusCodes.Status406NotAcceptable;
        }
        else
        {
            await stream.ServeAsync(visitor);
        }
    }

    /// <summary>Once the answer has begun, there is no status and no header left to set.</summary>
    private static async Task<McpMessage> ReadAheadAsync(HttpContext http)
    {
        http.Request.EnableBuffering(ServerApp.MaxRequestBytes); // in memory, since arguments have no business in a file
        McpMessage message = await McpMessage.ReadAsync(http.Request.Body, http.RequestAborted);
        http.Request.Body.Position = 0;
        return message;
    }
}
