using Behalf.Identity;
using Behalf.People;
using Behalf.Registration;

namespace Behalf.Grants;

/// <summary>
/// What people allowed MCP clients: consents, codes, refresh tokens. The only entry of the room; safe to call concurrently.
/// </summary>
public interface IGrants
{
    /// <summary>Whether the person agreed before to these scopes, for the client as it describes itself now.</summary>
    Task<bool> HasConsentAsync(
        BrowserUser user,
        OAuthClient client,
        ScopeSet scopes,
        CancellationToken cancellationToken
    );

    Task ConsentAsync(BrowserUser user, OAuthClient client, ScopeSet scopes, CancellationToken cancellationToken);

    /// <returns>The code: single use, one minute. A pushed request gives one code at most: <c>invalid_request</c>.</returns>
    Task<Result<Secret>> BeginAsync(NewGrant grant, CancellationToken cancellationToken);

    /// <summary>The grant of a code that can still be exchanged. One that was exchanged before ends its grant (RFC 6749 §4.1.2).</summary>
    Task<Grant?> FindByCodeAsync(string code, CancellationToken cancellationToken);

    /// <summary>
    /// The grant of a refresh token that can be exchanged. One that was replaced ends its grant, but for a few seconds, in
    /// which a client may not have heard of the replacement.
    /// </summary>
    Task<Grant?> FindByRefreshAsync(string refreshToken, CancellationToken cancellationToken);

    /// <summary>Exchanges the code. Exactly one caller gets tokens.</summary>
    Task<Result<GrantTokens>> RedeemAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>Exchanges the refresh token; whoever repeats it within seconds gets the same next one.</summary>
    Task<Result<GrantTokens>> RotateAsync(Grant grant, string refreshToken, CancellationToken cancellationToken);

    /// <summary>The live grant that an access token of ours names. One of a client that is no longer trusted ends here.</summary>
    Task<Grant?> FindLiveAsync(EnvironmentId environment, GrantId id, CancellationToken cancellationToken);

    /// <summary>Ends the grant and everything under it, on every node, before it returns.</summary>
    Task RevokeAsync(Grant grant, string reason, CancellationToken cancellationToken);

    /// <summary>Clients that may act for the person now, by name.</summary>
    Task<IReadOnlyList<AllowedClient>> ListClientsAsync(BrowserUser user, CancellationToken cancellationToken);

    /// <summary>
    /// Ends all that the person allowed the client, on every node, before it returns; and forgets the consent, so that the
    /// client has to ask again.
    /// </summary>
    /// <returns>False: the client was allowed nothing.</returns>
    Task<bool> EndClientAsync(BrowserUser user, OAuthClientId client, CancellationToken cancellationToken);

    Task CleanAsync(CancellationToken cancellationToken);
}

public sealed record NewGrant
{
    public required BrowserUser User { get; init; }

    public required OAuthClient Client { get; init; }

    public required string Resource { get; init; }

    public required ScopeSet Scopes { get; init; }

    public string? RedirectUri { get; init; }

    public required string CodeChallenge { get; init; }

    /// <value>Of the <c>request_uri</c>, where the request was pushed before.</value>
    public Digest? PushedRequest { get; init; }
}

/// <param name="Refresh">Null where <c>offline_access</c> was not granted.</param>
public sealed record GrantTokens(IssuedToken Access, Secret? Refresh);

/// <summary>Scopes of the authorization server, spelled once.</summary>
public static class GrantScopes
{
    /// <value>Tools with the read-only annotation.</value>
    public const string Read = "tools:read";

    /// <value>All others as well.</value>
    public const string Write = "tools:write";

    /// <value>A refresh token (OpenID Connect Core §11).</value>
    public const string Offline = "offline_access";

    public static ScopeSet All { get; } = ScopeSet.Of([Read, Write, Offline]);
}
