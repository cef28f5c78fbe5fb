using Behalf.Identity;

namespace Behalf.Grants;

/// <summary>
/// What one person allowed one client at one resource. It begins with a code, which is exchanged once; it lives on in a
/// refresh token, which is replaced at each use; it ends as one.
/// </summary>
public sealed record Grant
{
    public required EnvironmentId Environment { get; init; }

    public required GrantId Id { get; init; }

    public required OAuthClientId Client { get; init; }

    public required string ClientId { get; init; }

    /// <value>As the client called itself when the person agreed.</value>
    public required string ClientName { get; init; }

    public required Identifier Identifier { get; init; }

    /// <value>The user's when the person agreed: a sign-out ends the grant.</value>
    public required UserEpoch Epoch { get; init; }

    /// <value>The one audience of its tokens.</value>
    public required string Resource { get; init; }

    public required ScopeSet Scopes { get; init; }

    /// <value>As the authorization request had it; the token request must repeat it.</value>
    public string? RedirectUri { get; init; }

    /// <value>PKCE S256 (RFC 7636).</value>
    public string? CodeChallenge { get; init; }

    public required Digest Code { get; init; }

    public required DateTimeOffset CodeExpiresAt { get; init; }

    public DateTimeOffset? RedeemedAt { get; init; }

    /// <value>Of the live refresh token; null: there is none.</value>
    public Digest? Refresh { get; init; }

    /// <value>Of the one before.</value>
    public Digest? Replaced { get; init; }

    public DateTimeOffset? ReplacedAt { get; init; }

    /// <value>Of the <c>request_uri</c> it was begun by (RFC 9126); no other grant has the same.</value>
    public Digest? PushedRequest { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <param name="Metadata">Of the client as it described itself then.</param>
public sealed record Consent(
    EnvironmentId Environment,
    Identifier Identifier,
    OAuthClientId Client,
    long Incarnation,
    ScopeSet Scopes,
    Digest Metadata
);

public interface IGrantStore
{
    /// <returns>False, and nothing is left: its pushed request has begun a grant before.</returns>
    Task<bool> AddAsync(Grant grant, Traces traces, CancellationToken cancellationToken);

    Task<Grant?> FindAsync(EnvironmentId environment, GrantId id, CancellationToken cancellationToken);

    /// <summary>The look-up that returns the environment.</summary>
    Task<Grant?> FindByCodeAsync(Digest code, CancellationToken cancellationToken);

    /// <summary>Takes the code, if it is neither taken nor expired (database time). True for exactly one caller.</summary>
    /// <param name="refresh">Of the first refresh token; null for none.</param>
    Task<bool> RedeemAsync(
        EnvironmentId environment,
        GrantId id,
        Digest? refresh,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    );

    /// <summary>Puts <paramref name="next"/> in the place of <paramref name="current"/>. True for exactly one caller.</summary>
    Task<bool> RotateAsync(
        EnvironmentId environment,
        GrantId id,
        Digest current,
        Digest next,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    );

    /// <summary>From now on no call starts on it.</summary>
    /// <returns>False when it had ended before.</returns>
    Task<bool> EndAsync(
        EnvironmentId environment,
        GrantId id,
        string reason,
        Traces traces,
        CancellationToken cancellationToken
    );

    Task<Consent?> FindConsentAsync(
        EnvironmentId environment,
        Identifier identifier,
        OAuthClientId client,
        CancellationToken cancellationToken
    );

    Task KeepConsentAsync(Consent consent, Traces traces, CancellationToken cancellationToken);

    Task<int> RemoveEndedAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
