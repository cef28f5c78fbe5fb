using System.Text.Json.Nodes;

namespace Behalf.TestAuthorizationServer;

/// <summary>A provider's habits, as its documentation tells them. Paths are below the stand-in's own.</summary>
public sealed record Quirk
{
    public required string Slug { get; init; }

    public required string AuthorizePath { get; init; }

    public required string TokenPath { get; init; }

    public string? RevokePath { get; init; }

    public string RevokeMethod { get; init; } = "POST";

    /// <value>Null: the token that is to end is the request's own bearer token.</value>
    public string? RevokeParameter { get; init; } = "token";

    public bool JsonRevoke { get; init; }

    public bool BasicRevoke { get; init; }

    /// <value>What the authorization request must carry.</value>
    public IReadOnlyDictionary<string, string> Authorize { get; init; } = new Dictionary<string, string>();

    public string ScopeParameter { get; init; } = "scope";

    /// <value>As asked for; empty: none are.</value>
    public string Scopes { get; init; } = string.Empty;

    /// <value>As the token answer names them; null: it names none.</value>
    public string? Granted { get; init; }

    public bool JsonToken { get; init; }

    public bool BasicToken { get; init; }

    public bool FormAnswer { get; init; }

    /// <value>What token and API requests must carry.</value>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> TokenParameters { get; init; } = new Dictionary<string, string>();

    public string TokenType { get; init; } = "bearer";

    /// <value>Seconds; null: the answer does not say.</value>
    public int? Lifetime { get; init; }

    public bool Refreshes { get; init; } = true;

    public bool Rotates { get; init; }

    /// <summary>From the tokens and the server's origin, the whole answer.</summary>
    public Func<JsonObject, string, JsonObject>? Wrap { get; init; }

    /// <value>How a used-up code or refresh token is refused.</value>
    public int RefusalStatus { get; init; } = 400;

    public string Refusal { get; init; } = """{"error":"invalid_grant"}""";

    /// <value>How the API refuses a token that has ended.</value>
    public int RejectedStatus { get; init; } = 401;

    public string Rejected { get; init; } = """{"message":"no"}""";

    public string? UserPath { get; init; }

    public string? User { get; init; }
}
