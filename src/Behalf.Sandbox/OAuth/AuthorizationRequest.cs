using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Sandbox.OAuth;

/// <summary>A valid authorization request (RFC 6749 §4.1.1).</summary>
internal sealed record AuthorizationRequest(
    App App,
    string RedirectUri,
    string State,
    ScopeSet Scopes,
    string? Challenge
)
{
    /// <summary>RFC 7636 §4.6, S256 only.</summary>
    public bool Accepts(string? verifier)
    {
        if (Challenge is null)
        {
            return true;
        }
        return verifier is { Length: >= 43 and <= 128 }
            && Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == Challenge;
    }

    /// <summary>The redirect URI with these parameters added.</summary>
    public static string Redirect(string redirectUri, params IEnumerable<(string Name, string? Value)> parameters)
    {
        var query = parameters
            .Where(p => p.Value is not null)
            .Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}");
        var separator = redirectUri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{redirectUri}{separator}{string.Join('&', query)}";
    }
}

/// <summary>What becomes of the parameters of an authorization request.</summary>
internal abstract record AuthorizationOutcome
{
    /// <summary>The redirect URI cannot be trusted, so the user reads the error here.</summary>
    internal sealed record ShowError(string Error, string Description) : AuthorizationOutcome;

    /// <summary>The app is told.</summary>
    internal sealed record SendBack(string Location) : AuthorizationOutcome;

    internal sealed record Valid(AuthorizationRequest Request) : AuthorizationOutcome;

    /// <param name="get">Reads one parameter; repeated ones read as their values joined by commas, which match nothing.</param>
    public static AuthorizationOutcome Judge(AppRegistry apps, Func<string, string?> get)
    {
        if (apps.Find(get("client_id")) is not { } app)
        {
            return new ShowError("invalid_request", "The `client_id` parameter does not match a known application.");
        }
        if (get("redirect_uri") is not { } redirectUri || !app.RedirectUris.Contains(redirectUri))
        {
            return new ShowError(
                "invalid_request",
                "The `redirect_uri` parameter does not match a valid url for the application."
            );
        }
        var state = get("state");
        var objection = (get("response_type"), state, get("code_challenge"), get("code_challenge_method")) switch
        {
            (not "code", _, _, _) => ("unsupported_response_type", "The `response_type` must be `code`."),
            (_, null, _, _) => ("invalid_request", "The `state` parameter is required."),
            (_, _, not null, not "S256") => ("invalid_request", "The `code_challenge_method` must be `S256`."),
            (_, _, { Length: not 43 }, _) => ("invalid_request", "The `code_challenge` is not an S256 challenge."),
            (_, _, null, not null) => ("invalid_request", "The `code_challenge` parameter is missing."),
            _ => default((string Error, string Description)?),
        };
        if (objection is { } refused)
        {
            return Back(redirectUri, refused.Error, refused.Description, state);
        }
        var requested = get("scope");
        if (app.Allow(requested) is not { } scopes)
        {
            var names = string.IsNullOrWhiteSpace(requested) ? "default identity" : requested;
            var words = $"Your app is not allowed to request user authorization for `{names}` scopes.";
            return Back(redirectUri, "forbidden_scopes", words, state);
        }
        return new Valid(new AuthorizationRequest(app, redirectUri, state!, scopes, get("code_challenge")));
    }

    private static SendBack Back(string redirectUri, string error, string description, string? state) =>
        new(
            AuthorizationRequest.Redirect(
                redirectUri,
                ("error", error),
                ("error_description", description),
                ("state", state)
            )
        );
}
