using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Mcp;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// Who was let in with one request, in the form in which the SDK hands a caller on: to the handlers of that request, and as
/// the owner of a session, which nobody else can use.
/// </summary>
internal sealed class McpVisitor(McpVisit visit, McpAddress address, string token, HttpContext http, IDisposable place)
    : ClaimsPrincipal(IdentityOf(visit))
{
    public McpVisit Visit { get; } = visit;

    public McpAddress Address { get; } = address;

    /// <value>By which a listener is let in again and again.</value>
    public string Token { get; } = token;

    /// <value>Of the one request.</value>
    public HttpContext Http { get; } = http;

    /// <value>What the client showed of its session; null: nothing.</value>
    public ClientSession? Session { get; set; }

    /// <value>The tools of the answer to <c>tools/list</c>; null: it is none.</value>
    public JsonArray? Listed { get; set; }

    /// <value>The user, the server and what the token was given for; the same for all tokens of one grant.</value>
    public string Key => FindFirst(ClaimTypes.NameIdentifier)!.Value;

    /// <summary>Gives back what the request takes of the user's limit, for an answer that stays open.</summary>
    public void LeavePlace() => place.Dispose();

    /// <exception cref="InvalidOperationException">The request did not pass <see cref="McpGate"/>.</exception>
    public static McpVisitor Of(MessageContext message) =>
        message.User as McpVisitor ?? throw new InvalidOperationException("Nobody was let in with this request.");

    private static ClaimsIdentity IdentityOf(McpVisit visit) =>
        new(
            [
                new Claim(
                    ClaimTypes.NameIdentifier,
                    JsonSerializer.Serialize(
                        new[]
                        {
                            visit.Subject.Environment.ToString(),
                            visit.Subject.Identifier.Value,
                            visit.Server,
                            visit.Subject.Principal.ClientId,
                            visit.Subject.Principal.Grant?.ToString(),
                        }
                    )
                ),
            ],
            "mcp"
        );
}
