using Behalf.Audit;
using Behalf.Egress;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Connections;

/// <summary>Connections, connected accounts and their lifecycle. The only entry of the room; safe to call concurrently.</summary>
public interface IConnections
{
    Task<Result<ConnectionView>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewConnection connection,
        CancellationToken cancellationToken
    );

    Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    );

    Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    );

    Task<Page<ConnectionView>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>Within the principal's limits: a connection beyond them answers like an unknown one.</summary>
    Task<Result<ConnectionView>> FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    );

    /// <inheritdoc cref="FindAsync(Principal, EnvironmentId, ConnectionName, CancellationToken)"/>
    Task<Result<ConnectionView>> FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    );

    /// <summary>Those within the principal's limits, in the order of their ids.</summary>
    Task<Page<ConnectionView>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Changes the settings that are given; calls that were decided on the old ones no longer start. Origins and client
    /// stay while the connection holds tokens.
    /// </summary>
    Task<Result<ConnectionView>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        ConnectionChange change,
        CancellationToken cancellationToken
    );

    /// <summary>Free-form JSON the application keeps with a connection; <c>{}</c> when it keeps none.</summary>
    /// <param name="organization">Empty: for all.</param>
    Task<Result<string>> ReadContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    );

    Task<Result<Done>> WriteContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        CancellationToken cancellationToken
    );

    /// <summary>Refused while live accounts use it, unless forced: then they are revoked first.</summary>
    Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        bool force,
        CancellationToken cancellationToken
    );

    /// <summary>Creates a pending account; <c>already_exists</c> when there is one.</summary>
    Task<Result<ConnectedAccount>> CreateAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    );

    /// <summary>The subject's account at a connection. <c>not_found</c> when there is none: never another user's.</summary>
    Task<Result<ConnectedAccount>> FindAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    );

    /// <summary>By id, within the principal's reach: another user's or environment's id answers like an unknown one.</summary>
    Task<Result<ConnectedAccount>> FindAccountAsync(
        Principal principal,
        AccountId id,
        CancellationToken cancellationToken
    );

    /// <summary>Replaces the free-form JSON the application stores with an account.</summary>
    Task<Result<ConnectedAccount>> ChangeAccountAsync(
        Principal principal,
        AccountId id,
        string apiConfig,
        CancellationToken cancellationToken
    );

    /// <summary>All accounts of the subject, in the order of their ids: one for each connection at most.</summary>
    Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(ActingSubject subject, CancellationToken cancellationToken);

    /// <summary>The subject's account at one connection, within the credential's limits; null: there is none.</summary>
    Task<ConnectedAccount?> AccountAtAsync(
        ActingSubject subject,
        Connection connection,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The connections that one of these tool prefixes belongs to, in the order of their names: a prefix belongs to one.
    /// </summary>
    /// <param name="prefixes">The beginnings of one name, the longest last; at least one.</param>
    Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    );

    /// <summary>All accounts of the person in the browser, to be shown; a call needs an <see cref="ActingSubject"/>.</summary>
    Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(BrowserUser user, CancellationToken cancellationToken);

    Task<Page<ConnectedAccount>> ListAccountsAsync(
        Principal principal,
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>Stops use at once, moves the token to a revocation job, keeps the record as disconnected.</summary>
    Task<Result<ConnectedAccount>> DisconnectAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    );

    /// <summary>As disconnect, and the record is gone for every look-up.</summary>
    Task<Result<Done>> DeleteAccountAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// As <see cref="RevokeUserAsync"/>, and deletes the accounts and the user. Whoever comes later under this identifier is
    /// a new incarnation and inherits nothing. What was interrupted is done by calling this again.
    /// </summary>
    /// <returns>The accounts that were connected.</returns>
    Task<Result<IReadOnlyList<ConnectedAccount>>> RemoveUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    /// <summary>Revokes every account of one user, ends the user's tokens; others are untouched.</summary>
    /// <returns>The accounts that were stopped.</returns>
    Task<Result<IReadOnlyList<ConnectedAccount>>> RevokeUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Revokes the accounts of one connection, or of the whole environment, at most 500 at a time. For the whole
    /// environment, operators only: every user's tokens end first.
    /// </summary>
    /// <param name="connection">Null: every connection.</param>
    /// <returns>The accounts that were stopped, and whether there are more.</returns>
    Task<Result<RevokedAccounts>> RevokeAllAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName? connection,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Stops an account that had been stopped at this generation before its database was put back from a backup. One that
    /// was connected anew since, as far as the backup knows, stays.
    /// </summary>
    /// <returns>Whether it was stopped by this.</returns>
    Task<bool> StopAgainAsync(
        EnvironmentId environment,
        AccountId account,
        long generation,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The provider as this one started call may use it: credential attached inside, refreshed when stale or after a 401,
    /// every write recorded before it is sent.
    /// </summary>
    Task<Result<IUpstream>> OpenAsync(StartedCall call, Connection connection, CancellationToken cancellationToken);
}

/// <param name="More">True: repeat it.</param>
public sealed record RevokedAccounts(IReadOnlyList<ConnectedAccount> Accounts, bool More);

/// <summary>Labels the application stores with an account and may narrow a look-up with.</summary>
public sealed record AccountLabels(string? OrganizationId = null, string? UserId = null, string? ApiConfig = null)
{
    public static AccountLabels None { get; } = new();
}

/// <summary>The provider, bound to one started call: whoever holds it cannot choose user, credential or host.</summary>
public interface IUpstream
{
    /// <value>The execution it belongs to.</value>
    ExecutionId Execution { get; }

    /// <value>The connection it goes through; null where there is none, as in fixtures.</value>
    ConnectionName? ConnectionName { get; }

    /// <value>Whose connection it is; null where there is none, as in fixtures.</value>
    EnvironmentId? Environment { get; }

    /// <value>What is kept with the account's credential; no secrets.</value>
    IReadOnlyDictionary<string, string> Kept { get; }

    /// <summary>
    /// Sends one request to the connection's base URL. A 401 causes at most one refresh and, for reads (and writes whose
    /// profile says the provider rejects first), one repeat. Nothing else is repeated.
    /// </summary>
    Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken);

    /// <summary>As <see cref="SendAsync"/>, but the answer's body is given on while it comes.</summary>
    /// <returns><see cref="UpstreamOutcome.Streaming"/> where the other gives an answer.</returns>
    Task<UpstreamOutcome> StreamAsync(UpstreamRequest request, CancellationToken cancellationToken);

    /// <summary>Fetches without any credential from a host the definition allows (pre-signed downloads).</summary>
    Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    );
}

public sealed record UpstreamRequest
{
    /// <value>The operation's name in the provider's words, for audit and errors.</value>
    public required string Operation { get; init; }

    public required HttpMethod Method { get; init; }

    /// <value>Below the connection's base URL; already encoded segment by segment; begins with a slash.</value>
    public required string Path { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <value>Encoded already, in place of <see cref="Query"/>; null: that one is used.</value>
    public string? RawQuery { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <value>Made anew for each attempt; null: none.</value>
    public Func<HttpContent>? Content { get; init; }

    /// <value>False: the content can be read once, so the request cannot be sent again.</value>
    public bool IsRepeatable { get; init; } = true;

    /// <value>True when it may change something at the provider.</value>
    public required bool Writes { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>Of a streamed exchange: how long it may stand still.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>In bytes.</value>
    public long MaxResponseBytes { get; init; } = 4 * 1024 * 1024;
}

public abstract record UpstreamOutcome
{
    private UpstreamOutcome() { }

    public sealed record Answered(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
        : UpstreamOutcome;

    /// <param name="Answer">The caller's to dispose.</param>
    public sealed record Streaming(EgressStream Answer) : UpstreamOutcome;

    /// <summary>Certainly not carried out.</summary>
    public sealed record NotSent(string Description) : UpstreamOutcome;

    /// <summary>May or may not have been carried out: look before repeating.</summary>
    public sealed record Unknown(string Description) : UpstreamOutcome;

    /// <summary>The credential no longer works: the user must reconnect. The account says why.</summary>
    public sealed record Unauthorized(string Reason) : UpstreamOutcome
    {
        /// <value>The provider renewed the credential a moment ago and refuses the new one: reconnecting changes nothing.</value>
        public const string ThoughNew = "refused_though_new";
    }

    /// <summary>Refused on our side (audit unavailable, revoked meanwhile).</summary>
    public sealed record Stopped(Problem Problem) : UpstreamOutcome;
}
