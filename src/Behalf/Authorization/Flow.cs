namespace Behalf.Authorization;

/// <summary>The steps of an authorization flow; each is one conditional update, none goes back.</summary>
public enum FlowStep
{
    /// <summary>The link exists; opening it shows the page and changes nothing.</summary>
    LinkCreated = 1,

    /// <summary>The person pressed the button and is at the provider.</summary>
    AtProvider = 2,

    /// <summary>The provider's code is here, sealed; the application has not confirmed the person yet.</summary>
    AwaitingVerification = 3,

    /// <summary>Confirmed; the code is being exchanged under its own deadline.</summary>
    Exchanging = 4,

    Succeeded = 5,

    /// <summary>Ended without a credential; the outcome says why.</summary>
    Failed = 6,
}

/// <summary>One attempt to connect; a row of its own, so it never disturbs a working account.</summary>
public sealed record AuthorizationFlow
{
    public required EnvironmentId Environment { get; init; }

    public required FlowId Id { get; init; }

    public required ConnectionId Connection { get; init; }

    public required AccountId Account { get; init; }

    public required Identifier Identifier { get; init; }

    public required FlowStep Step { get; init; }

    public required Identity.VerifyMode Mode { get; init; }

    public required Digest Link { get; init; }

    public Digest? State { get; init; }

    /// <value>Of the cookie set when the button was pressed.</value>
    public Digest? Browser { get; init; }

    public Digest? AuthRequest { get; init; }

    /// <value>Where the person is sent with <c>auth_request_id</c>; null: our page shows a one-time code.</value>
    public string? VerifyUrl { get; init; }

    /// <value>The application's own opaque state, returned to it.</value>
    public string? AppState { get; init; }

    public byte[]? VerifierSealed { get; init; }

    public byte[]? CodeSealed { get; init; }

    public string? Issuer { get; init; }

    public required string RedirectUri { get; init; }

    /// <value>The scopes asked for.</value>
    public required ScopeSet Scopes { get; init; }

    /// <value>True: another provider user may take the pinned one's place.</value>
    public required bool AllowOtherProviderUser { get; init; }

    /// <value>The connection's row version the flow was made on: a reconfigured connection ends it.</value>
    public required long ConnectionVersion { get; init; }

    /// <value>The principal that made the link, for the audit.</value>
    public required string CreatedBy { get; init; }

    /// <value>Why it ended; one of <see cref="Connections.AccountReasons"/> or an OAuth error code.</value>
    public string? Outcome { get; init; }

    /// <value>Who a mismatching verification named, for repeats of the same attempt.</value>
    public string? MismatchedIdentifier { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public interface IFlowStore
{
    Task AddAsync(AuthorizationFlow flow, Traces traces, CancellationToken cancellationToken);

    /// <summary>The look-ups that return the environment: by digest, whatever the step.</summary>
    Task<AuthorizationFlow?> FindByLinkAsync(Digest link, CancellationToken cancellationToken);

    Task<AuthorizationFlow?> FindByStateAsync(Digest state, CancellationToken cancellationToken);

    Task<AuthorizationFlow?> FindByAuthRequestAsync(Digest authRequest, CancellationToken cancellationToken);

    Task<AuthorizationFlow?> FindAsync(EnvironmentId environment, FlowId id, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the changed flow if it still stands at <paramref name="from"/> and has not expired (database time). Exactly
    /// one of concurrent callers gets true. A flow that ends goes by <see cref="FailAsync"/> or <see cref="SucceedAsync"/>.
    /// </summary>
    Task<bool> AdvanceAsync(
        AuthorizationFlow changed,
        FlowStep from,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// One transaction: ends the flow if it still stands at <paramref name="from"/>, expired or not, destroying code and
    /// verifier, and says at an account that never worked why it is still pending. Exactly one of concurrent callers gets
    /// true.
    /// </summary>
    /// <param name="ended">At <see cref="FlowStep.Failed"/>, with its outcome.</param>
    /// <param name="pending">Null: the account has nothing to say.</param>
    Task<bool> FailAsync(
        AuthorizationFlow ended,
        FlowStep from,
        PendingReason? pending,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// One transaction: flow Exchanging → Succeeded, the account's next generation inserted and made current by
    /// compare-and-set on the old one, status active, provider user pinned. The previous generation is kept.
    /// </summary>
    /// <returns>False when the flow or the account moved meanwhile: the tokens must be revoked and destroyed.</returns>
    Task<bool> SucceedAsync(
        AuthorizationFlow flow,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Open flows past their expiry (except those in Exchanging), the oldest first.</summary>
    Task<IReadOnlyList<AuthorizationFlow>> ExpiredAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Flows in Exchanging past their expiry, left so by a process that died: their codes may be spent.</summary>
    Task<IReadOnlyList<AuthorizationFlow>> AbandonedAsync(CancellationToken cancellationToken);
}

/// <summary>Why an account that never worked is still pending; one that has moved on is left as it is.</summary>
/// <param name="Account">As it was read.</param>
/// <param name="Event">Left only where the account says so now.</param>
public sealed record PendingReason(Connections.ConnectedAccount Account, string Reason, Events.EventDraft Event);

/// <summary>What an exchange or refresh stores.</summary>
public sealed record NewCredential
{
    public required AccountId Account { get; init; }

    /// <value>The generation it follows; the new one is this plus one.</value>
    public required long Follows { get; init; }

    public required Vault.SealedCredential Sealed { get; init; }

    /// <value>
    /// Where the granted scopes were read: <c>token_response</c>, <c>introspection</c> or <c>request</c>; for an import
    /// <c>import</c>, <c>introspection</c> or <c>connection</c>; or <c>unchanged</c> after a refresh that named none (RFC 6749 §6): then the stored source stays.
    /// </value>
    public required string ScopeSource { get; init; }

    public string? ProviderUserKey { get; init; }

    public string? ProviderUserName { get; init; }

    /// <value>When the scheduler should refresh it, jittered; null: never.</value>
    public DateTimeOffset? RefreshDueAt { get; init; }

    /// <value>No refresh before this, so that a tiny lifetime causes no hot loop; stored as the refresh state's own.</value>
    public DateTimeOffset? RefreshNotBefore { get; init; }

    /// <value>
    /// The token it was refreshed with was sent a second time before this answer came, and some providers end the grant for
    /// that: the next refresh counts as a probe.
    /// </value>
    public bool IsInDoubt { get; init; }
}
