using Behalf.Authorization;
using Behalf.Vault;

namespace Behalf.Connections;

public interface IConnectionStore
{
    /// <returns>Which unique value is taken, or null when the row was added.</returns>
    Task<string?> AddAsync(Connection connection, Traces traces, CancellationToken cancellationToken);

    Task<Connection?> FindAsync(EnvironmentId environment, ConnectionId id, CancellationToken cancellationToken);

    /// <summary>Also one that was removed and still has a client secret, because tokens of it wait to be revoked.</summary>
    Task<Connection?> FindForRevocationAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    );

    Task<Connection?> FindByNameAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    );

    /// <summary>Those with one of these tool prefixes, in the order of their names.</summary>
    /// <param name="prefixes">The beginnings of one name, the longest last; at least one.</param>
    Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    );

    /// <summary>The look-up that returns the environment: for the callback on the connection's own redirect URI.</summary>
    Task<Connection?> FindForCallbackAsync(ConnectionId id, CancellationToken cancellationToken);

    Task<Page<Connection>> ListAsync(EnvironmentId environment, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Writes the settings if the row still has this version; its version and policy revision grow by one.</summary>
    /// <param name="moves">
    /// True: origins or client change, which is refused while a credential, a running exchange or a revocation job of the
    /// connection holds tokens.
    /// </param>
    Task<ConnectionChanged> ChangeAsync(
        Connection connection,
        bool moves,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <param name="organization">Empty: for all.</param>
    Task<string?> FindContextAsync(
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    );

    /// <returns>False when there is no such connection.</returns>
    Task<bool> PutContextAsync(
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Removes when no live account is left.</summary>
    Task<bool> RemoveAsync(
        EnvironmentId environment,
        ConnectionId id,
        Traces traces,
        CancellationToken cancellationToken
    );
}

public interface IAccountStore
{
    /// <returns>The account, and whether this call made it. One live row per (environment, connection, identifier).</returns>
    Task<(ConnectedAccount Account, bool Created)> EnsureAsync(
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier,
        AccountLabels labels,
        Func<ConnectedAccount, Traces> traces,
        CancellationToken cancellationToken
    );

    Task<ConnectedAccount?> FindAsync(
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    Task<ConnectedAccount?> FindAsync(EnvironmentId environment, AccountId id, CancellationToken cancellationToken);

    /// <summary>All, one for each connection at most, in the order of their ids.</summary>
    Task<IReadOnlyList<ConnectedAccount>> OfUserAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    Task<Page<ConnectedAccount>> ListAsync(AccountFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>The current credential, for refresh and revocation; calls get theirs from the intent's transaction.</summary>
    Task<SealedCredential?> FindCredentialAsync(
        EnvironmentId environment,
        AccountId account,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// One transaction: the next generation inserted and made current by compare-and-set on the one it follows, status
    /// active, refresh state begun anew, so that a refresh on its way can no longer commit. The previous generation is kept.
    /// </summary>
    /// <returns>False when the account moved on or is gone; nothing was written.</returns>
    Task<bool> ReplaceCredentialAsync(
        ConnectedAccount account,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Writes what the application stores with the account, if the row still has this version.</summary>
    Task<bool> ChangeAsync(ConnectedAccount account, Traces traces, CancellationToken cancellationToken);

    /// <summary>
    /// One transaction: marks the account disconnected (or deleted), removes its credential and data key, adds the
    /// revocation job that now holds the token, and fails the account's open flows, destroying their codes. Waits until
    /// no call can start on the old state.
    /// </summary>
    /// <returns>False when the account changed meanwhile (<paramref name="expected"/> is its row version).</returns>
    Task<bool> StopAsync(
        ConnectedAccount account,
        long expected,
        bool delete,
        string reason,
        RevocationJob? job,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Returns once every call that could still begin on an older state is on record: for who acknowledges what somebody
    /// else has stopped. Free where calls and changes go one after another.
    /// </summary>
    Task WaitForStartsAsync(CancellationToken cancellationToken);

    /// <summary>Sets status and reason of the stored credential, if the generation is still the expected one.</summary>
    Task<bool> MarkAsync(
        ConnectedAccount account,
        long generation,
        CredentialStatus status,
        string? reason,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Live accounts, this one among them, whose grant may be the one that was given to this account: on the same OAuth
    /// client, with the same provider user, or, where that cannot be compared, with the same identifier. Read in one look.
    /// </summary>
    /// <param name="providerUserKey">Of the grant in question; null: not known.</param>
    Task<int> CountSharingGrantAsync(
        EnvironmentId environment,
        ConnectionId connection,
        AccountId account,
        string? providerUserKey,
        CancellationToken cancellationToken
    );
}
