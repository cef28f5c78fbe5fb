namespace Behalf.Sandbox.OAuth;

/// <summary>What a user allowed an app, from one consent. Several may live side by side.</summary>
internal sealed class Grant
{
    public required App App { get; init; }
    public required User User { get; init; }
    public required ScopeSet Scopes { get; init; }
    public required string RefreshToken { get; set; }

    /// <summary>Refresh tokens that rotation has replaced, and when.</summary>
    public Dictionary<string, DateTimeOffset> Replaced { get; } = [];

    public bool IsRevoked { get; set; }

    public bool IsLive => !IsRevoked && User.Active;
}

/// <param name="Grant">Null for a personal access token.</param>
/// <param name="ExpiresAt">Null for a personal access token.</param>
internal sealed record AccessToken(string Value, User User, ScopeSet Scopes, Grant? Grant, DateTimeOffset? ExpiresAt)
{
    public override string ToString() => $"token of {User.Key}";
}

/// <summary>Single use, bound to the client, the redirect URI and the PKCE challenge (RFC 6749 §4.1.2, RFC 7636).</summary>
internal sealed class AuthorizationCode
{
    public required AuthorizationRequest Request { get; init; }
    public required User User { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Set by the first use; a second one revokes it.</summary>
    public Grant? Issued { get; set; }

    public bool IsUsed { get; set; }
}
