namespace Behalf.TestAuthorizationServer;

public enum Rotation
{
    None,

    /// <summary>A refresh gives a new refresh token; using an old one revokes the whole grant.</summary>
    Strict,

    /// <summary>As strict, but the previous refresh token works again for <see cref="ProviderClient.Grace"/>.</summary>
    Grace,
}

/// <summary>An OAuth client registered at the test server, with its provider's habits. Change them at any time.</summary>
public sealed class ProviderClient
{
    public required string Id { get; init; }

    public required string Secret { get; init; }

    public HashSet<string> RedirectUris { get; } = new(StringComparer.Ordinal);

    public Rotation Rotation { get; set; } = Rotation.None;

    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(1);

    public TimeSpan AccessLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <value>False: answers hold no <c>expires_in</c>.</value>
    public bool NamesLifetime { get; set; } = true;

    /// <value>When set, answers carry it as <c>refresh_token_expires_in</c>.</value>
    public TimeSpan? RefreshLifetime { get; set; }

    /// <value>False: the refresh answer holds no <c>refresh_token</c>.</value>
    public bool RepeatsRefreshToken { get; set; }

    public bool GivesRefreshToken { get; set; } = true;

    public bool NamesScopes { get; set; } = true;

    /// <value>When set, only these of the requested scopes are granted.</value>
    public HashSet<string>? ScopesGranted { get; set; }

    public bool NamesUser { get; set; } = true;

    /// <value>When set, authorization responses carry it as <c>iss</c>.</value>
    public string? Issuer { get; set; }

    /// <value>True: revoking one grant ends every grant of the same user with this client.</value>
    public bool RevokesWholeUser { get; set; }

    /// <value>False: <c>client_secret_basic</c> only.</value>
    public bool AcceptsSecretInBody { get; set; } = true;

    /// <value>What the next token requests are answered with, one entry each, before the usual answers.</value>
    public Queue<OddReply> NextTokenReplies { get; } = new();

    public Queue<OddReply> NextRevokeReplies { get; } = new();
}
