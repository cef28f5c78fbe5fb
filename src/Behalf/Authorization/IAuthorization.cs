using Behalf.Identity;
using Behalf.People;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// The OAuth client: authorization links, the code flow, verification, refresh and revocation. The only entry of the
/// room; safe to call concurrently.
/// </summary>
public interface IAuthorization
{
    /// <summary>A single-use link of at most ten minutes; creates the account (pending) when there is none.</summary>
    Task<Result<AuthorizationLink>> CreateLinkAsync(
        ActingSubject subject,
        LinkRequest request,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// What the page shows. Changes nothing: link previews neither burn nor start a link. A link that is verified by our own
    /// sign-in shows itself to its own person only.
    /// </summary>
    /// <param name="visitor">Who is signed in in this browser; null: nobody.</param>
    /// <returns><c>sign_in_needed</c> or <c>not_you</c> where it matters who that is, as do the methods below.</returns>
    Task<Result<LinkPage>> ShowAsync(string linkToken, BrowserUser? visitor, CancellationToken cancellationToken);

    /// <summary>The person pressed the button: state, PKCE verifier and browser binding are made; the link is spent.</summary>
    Task<Result<StartedFlow>> StartAsync(string linkToken, BrowserUser? visitor, CancellationToken cancellationToken);

    /// <summary>
    /// The person typed the credential that a connector without OAuth asks for; the link is spent once it is complete.
    /// As with a provider's answer, nothing is connected before the application has confirmed the person.
    /// </summary>
    /// <param name="values">By the fields' names.</param>
    Task<Result<CallbackResult>> SubmitAsync(
        string linkToken,
        BrowserUser? visitor,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    );

    /// <summary>The person pressed Cancel: the link is spent, nothing else happens.</summary>
    Task<Result<Done>> CancelAsync(string linkToken, BrowserUser? visitor, CancellationToken cancellationToken);

    /// <summary>The provider sent the browser back (RFC 6749 §4.1.2, RFC 9207).</summary>
    /// <param name="connection">From the path: each connection has its own redirect URI.</param>
    /// <param name="browserToken">From the cookie set at the start.</param>
    /// <param name="visitor">Who is signed in in this browser.</param>
    Task<Result<CallbackResult>> CallbackAsync(
        ConnectionId connection,
        CallbackQuery query,
        string? browserToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The application says that the person in the browser is <paramref name="identifier"/>. Only for service clients of
    /// the flow's environment. Commits first, then exchanges the code under its own deadline; duplicates join.
    /// </summary>
    /// <returns>Where to send the browser; <c>not_found</c> for unknown or used ids; <c>identifier_mismatch</c>.</returns>
    Task<Result<Uri>> VerifyAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Makes tokens that the user granted elsewhere, or a key, token or password of the user's, the next generation of the
    /// account: active at once, pinned to the provider's user where the provider says who that is. Only for service
    /// clients. A credential they replace is revoked upstream only if it is certainly another provider user's: of the same
    /// user it may be the same grant.
    /// </summary>
    Task<Result<Connections.ConnectedAccount>> ImportAsync(
        ActingSubject subject,
        ImportRequest request,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The account's tokens in clear, where the operator turned reading back on: for service clients only, recorded before
    /// anything is opened. <see cref="ReadBackTokens.None"/> when it is off, for others, and without a working credential.
    /// </summary>
    Task<Result<ReadBackTokens>> ReadBackAsync(
        Principal principal,
        Connections.ConnectedAccount account,
        string actingThrough,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Takes a link back, and what was begun with it as long as nobody was confirmed. Only for service clients of its
    /// environment.
    /// </summary>
    /// <returns><c>not_found</c> for unknown links and those that have ended.</returns>
    Task<Result<Done>> WithdrawAsync(Principal principal, Uri link, CancellationToken cancellationToken);

    /// <summary>
    /// The application says that the flow came back to a browser that had not begun it, where
    /// <paramref name="identifier"/> is signed in. Ends the flow whoever that is; only for service clients of its
    /// environment.
    /// </summary>
    /// <returns><c>not_found</c> for unknown or used ids.</returns>
    Task<Result<Done>> RefuseAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// A credential that works: the given one, or a refreshed one. One refresh per account at a time, durable before use,
    /// under its own deadline: a caller that leaves does not cancel it.
    /// </summary>
    Task<FreshCredential> FreshenAsync(
        SealedCredential current,
        Connections.Connection connection,
        FreshenReason reason,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Makes the job that will revoke a credential upstream: the token re-sealed under the job's own key. Null when the
    /// account holds nothing to revoke.
    /// </summary>
    ValueTask<RevocationJob?> PrepareRevocationAsync(
        SealedCredential? credential,
        Connections.Connection connection,
        string? providerUserKey,
        CancellationToken cancellationToken
    );

    /// <summary>Lets the background look at once: a revocation job was stored.</summary>
    void Wake();

    /// <summary>The environment's revocation ledger in the order of its numbers, within the principal's limits.</summary>
    /// <param name="after">Entries with a greater number; 0 for the first.</param>
    /// <param name="limit">1–1,000 entries.</param>
    Task<Result<IReadOnlyList<RevocationEntry>>> RevocationsAsync(
        Principal principal,
        RevocationFilter filter,
        long after,
        int limit,
        CancellationToken cancellationToken
    );

    /// <summary>Work for the background: expires flows, ends abandoned ones, refreshes what is due, revokes what is stopped.</summary>
    /// <returns>True when more is waiting.</returns>
    Task<bool> WorkAsync(CancellationToken cancellationToken);
}

public enum FreshenReason
{
    /// <summary>Refresh only if it ends within the margin.</summary>
    BeforeUse = 1,

    /// <summary>The provider answered 401 with this generation.</summary>
    Rejected = 2,

    /// <summary>The scheduler's turn.</summary>
    Due = 3,
}

public abstract record FreshCredential
{
    /// <summary>A <see cref="Later"/> because this very credential was renewed a moment ago: renewing again is no help.</summary>
    public const string JustRenewed = "just_renewed";

    private FreshCredential() { }

    public sealed record Usable(SealedCredential Credential) : FreshCredential;

    /// <summary>The user must reconnect.</summary>
    public sealed record Refused(string Reason) : FreshCredential;

    /// <summary>Not now: the provider or another refresh is slow, rate limited or failing; the account stays as it is.</summary>
    public sealed record Later(string Reason, TimeSpan RetryAfter) : FreshCredential;
}

public sealed record LinkRequest
{
    public required ConnectionName Connection { get; init; }

    /// <value>Registered for this flow by the service credential that sends it; https or loopback.</value>
    public string? VerifyUrl { get; init; }

    /// <value>At most 512 characters, returned to the application.</value>
    public string? AppState { get; init; }

    /// <value>The caller names another provider user on purpose.</value>
    public bool AllowOtherProviderUser { get; init; }

    public Connections.AccountLabels Labels { get; init; } = Connections.AccountLabels.None;
}

/// <param name="Link">Shown to the user once; only its digest is stored.</param>
public sealed record AuthorizationLink(Uri Link, DateTimeOffset ExpiresAt, AccountId Account);

/// <summary>What the connect page says, before the person decides.</summary>
public sealed record LinkPage
{
    public required string Application { get; init; }

    public string? ApplicationHost { get; init; }

    public required string ProviderName { get; init; }

    public required string ProviderHost { get; init; }

    public required Identifier Identifier { get; init; }

    /// <value>OAuth: a button leads to the provider. Others: a form asks for <see cref="Fields"/>.</value>
    public Connectors.CredentialKind Kind { get; init; } = Connectors.CredentialKind.OAuth;

    public IReadOnlyList<Connectors.CredentialField> Fields { get; init; } = [];

    /// <value>What will be possible, in plain words, grouped.</value>
    public required IReadOnlyList<string> Reads { get; init; }

    public required IReadOnlyList<string> Changes { get; init; }

    public required IReadOnlyList<string> Deletes { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <param name="AuthorizationRequest">The provider's authorization endpoint with its query.</param>
/// <param name="BrowserToken">For a cookie on our origin, as long as the flow lives.</param>
public sealed record StartedFlow(Uri AuthorizationRequest, Secret BrowserToken, DateTimeOffset ExpiresAt);

/// <summary>The query of an authorization response; repeated parameters were refused by the door.</summary>
public sealed record CallbackQuery(
    string? Code,
    string? State,
    string? Issuer,
    string? Error,
    string? ErrorDescription
);

public abstract record CallbackResult
{
    private CallbackResult() { }

    /// <summary>Send the browser to the application with <c>auth_request_id</c> and its state.</summary>
    public sealed record ToApplication(Uri Location) : CallbackResult;

    /// <summary>No verify URL: our page shows this code, which the person types into the application or CLI.</summary>
    public sealed record ShowCode(string Code, DateTimeOffset ExpiresAt) : CallbackResult;

    /// <summary>Mode none: connected already.</summary>
    public sealed record Connected : CallbackResult;

    /// <summary>The provider said no; its text is inert.</summary>
    public sealed record ProviderRefused(string Error, string? Description) : CallbackResult;
}

/// <summary>Lease, attempt and result of refreshes; database time decides, fences grow and never go back.</summary>
public interface IRefreshStore
{
    /// <value>See <see cref="DueAsync"/>.</value>
    const int DueWindow = 10;

    /// <summary>Takes the account's lease if it is free or past its end.</summary>
    /// <returns>The lease with its fence, or null when another holds it.</returns>
    Task<RefreshLease?> AcquireAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Takes the lease of a process that has sent its request and fell silent since. It may still bring the answer, so only
    /// where asking the provider again does no harm; otherwise its lease runs to its end.
    /// </summary>
    /// <param name="within">Only while what was sent is younger than that; null: whatever its age.</param>
    /// <returns>Null when its holder lives, nobody holds it, or what it sent is too old.</returns>
    Task<RefreshLease?> OvertakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        TimeSpan? within,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// As <see cref="AcquireAsync"/>, and takes up a lease that is this process's own or its predecessor's. Only where
    /// nothing in this process can hold it: before the node serves, or after taking it ended without word of its success.
    /// </summary>
    Task<RefreshLease?> TakeUpAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    );

    /// <summary>Ends the leases that this node's process before left. Once, before the node serves.</summary>
    Task ReleaseInheritedAsync(CancellationToken cancellationToken);

    /// <summary>Under the lease: the credential as it is now, with what is known of the last attempt.</summary>
    Task<RefreshSubject?> ReadAsync(RefreshLease lease, CancellationToken cancellationToken);

    /// <summary>
    /// Commits that a request with this generation's refresh token is about to be sent, and when by the database's time: the
    /// time of the first one stays while its outcome is unknown.
    /// </summary>
    /// <param name="isProbe">An earlier one may have been carried out.</param>
    Task<bool> AttemptAsync(RefreshLease lease, long generation, bool isProbe, CancellationToken cancellationToken);

    /// <summary>Stores the next generation if generation and fence still hold; releases the lease.</summary>
    Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Records how the attempt ended without a new credential; releases the lease.</summary>
    /// <param name="status">The account's new status, or null to leave it.</param>
    Task<bool> FailAsync(
        RefreshLease lease,
        RefreshAttemptState state,
        Connections.CredentialStatus? status,
        string? reason,
        TimeSpan notBefore,
        Traces traces,
        CancellationToken cancellationToken
    );

    Task ReleaseAsync(RefreshLease lease, CancellationToken cancellationToken);

    /// <summary>
    /// Accounts whose refresh is due and not held back: drawn from the <see cref="DueWindow"/> times as many that have
    /// waited longest, so that nodes that look at the same time seldom begin with the same, and nobody has a share that
    /// would be left when it dies.
    /// </summary>
    Task<IReadOnlyList<(EnvironmentId Environment, AccountId Account)>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Makes the refresh of every live account that may live by the same grant, as
    /// <see cref="Connections.IAccountStore.CountSharingGrantAsync"/> counts them, due now, if it would be later: something may have ended
    /// that grant, and a refresh tells.
    /// </summary>
    /// <returns>Of how many.</returns>
    Task<int> HastenAsync(
        EnvironmentId environment,
        ConnectionId connection,
        AccountId account,
        string? providerUserKey,
        CancellationToken cancellationToken
    );

    /// <summary>The account is not due before the pause has passed. Callers who need its token are not held back.</summary>
    Task HoldBackAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan pause,
        CancellationToken cancellationToken
    );
}

public sealed record RefreshLease(EnvironmentId Environment, AccountId Account, long Fence, string Owner);

public enum RefreshAttemptState
{
    None = 0,

    /// <summary>Committed before sending; found at a restart it means: outcome unknown.</summary>
    Sent = 1,
    Succeeded = 2,
    Refused = 3,

    /// <summary>Certainly not carried out, or the provider said to come later.</summary>
    NotCarriedOut = 4,
    Unknown = 5,

    /// <summary>Asked once more after an unknown outcome, committed before sending: no word came of that either.</summary>
    Probed = 6,
}

/// <param name="NotBefore">No request to the provider earlier than this.</param>
/// <param name="AttemptAt">
/// When this generation's refresh token was sent last, or first if the outcome is unknown since; null: not known.
/// </param>
/// <param name="DueAt">When the scheduler looks at it.</param>
public sealed record RefreshSubject(
    Connections.ConnectedAccount Account,
    SealedCredential Credential,
    RefreshAttemptState LastAttempt,
    long LastAttemptGeneration,
    DateTimeOffset? NotBefore,
    DateTimeOffset? AttemptAt,
    DateTimeOffset? DueAt
)
{
    /// <value>A request with the refresh token that is in place may have been carried out.</value>
    public bool IsOutcomeUnknown =>
        LastAttempt is RefreshAttemptState.Sent or RefreshAttemptState.Unknown or RefreshAttemptState.Probed
        && LastAttemptGeneration == Credential.Generation;

    /// <value>The same was asked once more, without an answer.</value>
    public bool IsProbed => LastAttempt == RefreshAttemptState.Probed && LastAttemptGeneration == Credential.Generation;
}

/// <summary>A token on its way out: sealed under a key of its own that only the revoker opens.</summary>
public sealed record RevocationJob
{
    public required EnvironmentId Environment { get; init; }

    public required RevocationJobId Id { get; init; }

    public required AccountId Account { get; init; }

    public required ConnectionId Connection { get; init; }

    public required AccountKey Key { get; init; }

    public required byte[] TokenSealed { get; init; }

    /// <value>What the token is: <c>refresh_token</c> or <c>access_token</c>.</value>
    public required string TokenKind { get; init; }

    public string? ProviderUserKey { get; init; }

    public int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public interface IRevocationStore
{
    Task AddAsync(RevocationJob job, Traces traces, CancellationToken cancellationToken);

    /// <summary>The ones that wait longest; on several nodes nobody else gets them for five minutes.</summary>
    /// <param name="except">Connections that have as many under way as they may.</param>
    Task<IReadOnlyList<RevocationJob>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    );

    /// <summary>Due as before, for whoever comes next: they were taken and not begun.</summary>
    Task LeaveAsync(IReadOnlyList<RevocationJob> jobs, CancellationToken cancellationToken);

    /// <summary>Shreds the job's key and token and writes the ledger.</summary>
    /// <param name="proof">Such as <c>provider_status_200</c>, <c>not_revoked_shared_grant</c> or why it was given up.</param>
    Task FinishAsync(RevocationJob job, string proof, Traces traces, CancellationToken cancellationToken);

    Task RetryAsync(RevocationJob job, TimeSpan after, CancellationToken cancellationToken);

    /// <summary>The ledger's entries with a greater number, in order.</summary>
    Task<IReadOnlyList<RevocationEntry>> LedgerAsync(
        RevocationFilter filter,
        long after,
        int limit,
        CancellationToken cancellationToken
    );
}

/// <summary>Each given condition narrows.</summary>
public sealed record RevocationFilter(EnvironmentId Environment)
{
    public string? Identifier { get; init; }

    /// <value>Names; null: all.</value>
    public IReadOnlyCollection<string>? Connections { get; init; }

    /// <value>Only those whose token the provider has not confirmed yet.</value>
    public bool IsPending { get; init; }
}

/// <summary>
/// One stop of an account. Written when it was acknowledged, finished when the provider confirmed or nothing more can be
/// done; outlives account and connection.
/// </summary>
/// <param name="Number">Grows within the environment, with gaps.</param>
/// <param name="Generation">Of the credential that was stopped; null when there was none.</param>
/// <param name="Proof">Null while it waits for the provider.</param>
/// <param name="Attempts">Requests that did not succeed so far.</param>
public sealed record RevocationEntry(
    EnvironmentId Environment,
    long Number,
    AccountId Account,
    string? Identifier,
    string? Connection,
    long? Generation,
    DateTimeOffset StoppedAt,
    DateTimeOffset? FinishedAt,
    string? Proof,
    int Attempts,
    DateTimeOffset? NextAttemptAt
);
