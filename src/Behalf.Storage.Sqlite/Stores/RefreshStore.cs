using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class RefreshStore(SqliteDatabase database) : IRefreshStore
{
    /// <summary>The lease is this holder's, whether or not its time has passed: the fence alone fences.</summary>
    private const string Held = """
        environment_id = @environment AND account_id = @account AND fence = @fence AND owner = @owner
        """;

    public Task<RefreshLease?> AcquireAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => TakeAsync(environment, account, duration, takesUp: false, cancellationToken);

    /// <summary>Opening the file ended what a process before left: what is taken up is this one's own.</summary>
    public Task<RefreshLease?> TakeUpAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => TakeAsync(environment, account, duration, takesUp: true, cancellationToken);

    private Task<RefreshLease?> TakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        bool takesUp,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                long? fence = context.Connection.QuerySingleOrDefault<long?>(
                    """
                    INSERT INTO refresh_state (environment_id, account_id, fence, owner, lease_until)
                    SELECT environment_id, id, 1, @owner, behalf_now() + @duration FROM account
                    WHERE environment_id = @environment AND id = @account AND deleted_at IS NULL
                    ON CONFLICT DO UPDATE
                    SET fence = fence + 1, owner = excluded.owner, lease_until = excluded.lease_until
                    WHERE owner IS NULL OR lease_until <= behalf_now() OR @takesUp AND owner = excluded.owner
                    RETURNING fence
                    """,
                    new
                    {
                        takesUp,
                        environment = environment.ToColumn(),
                        account = account.ToColumn(),
                        owner = context.Node,
                        duration = duration.ToColumn(),
                    }
                );
                return fence is { } taken ? new RefreshLease(environment, account, taken, context.Node) : null;
            },
            cancellationToken
        );

    /// <summary>One process serves the file: a lease that another one left was ended at this one's start.</summary>
    public Task<RefreshLease?> OvertakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        TimeSpan? within,
        CancellationToken cancellationToken
    ) => Task.FromResult<RefreshLease?>(null);

    /// <summary>Opening the file ended what was left.</summary>
    public Task ReleaseInheritedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<RefreshSubject?> ReadAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                connection.Execute("BEGIN DEFERRED");
                StateRow? state = connection.QuerySingleOrDefault<StateRow>(
                    $"""
                    SELECT attempt_state, attempt_generation, attempt_at, not_before, due_at FROM refresh_state
                    WHERE {Held} AND lease_until > behalf_now()
                    """,
                    Values(lease)
                );
                ConnectedAccount? account = AccountStore.Find(connection, lease.Environment, lease.Account);
                Vault.SealedCredential? credential = CredentialRow.Find(connection, lease.Environment, lease.Account);
                connection.Execute("COMMIT");
                return state is null || account is null || credential is null
                    ? null
                    : new RefreshSubject(
                        account,
                        credential,
                        (RefreshAttemptState)state.AttemptState,
                        state.AttemptGeneration,
                        state.NotBefore?.ToInstant(),
                        state.AttemptAt?.ToInstant(),
                        state.DueAt?.ToInstant()
                    );
            },
            cancellationToken
        );

    public Task<bool> AttemptAsync(
        RefreshLease lease,
        long generation,
        bool isProbe,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.ExecuteOne(
                    $"""
                    UPDATE refresh_state
                    SET attempt_id = @attempt, attempt_state = @state, attempt_generation = @generation,
                      attempt_at = CASE WHEN attempt_generation = @generation AND attempt_state IN (1, 5, 6)
                        THEN attempt_at ELSE behalf_now() END
                    WHERE {Held} AND lease_until > behalf_now()
                      AND EXISTS (
                        SELECT 1 FROM account a
                        WHERE a.environment_id = @environment AND a.id = @account AND a.generation = @generation
                          AND a.deleted_at IS NULL AND a.status <> 4)
                    """,
                    Values(
                        lease,
                        generation: generation,
                        attempt: Guid.CreateVersion7(context.Now).ToColumn(),
                        state: (long)(isProbe ? RefreshAttemptState.Probed : RefreshAttemptState.Sent)
                    )
                ),
            cancellationToken
        );

    public Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (credential.Account != lease.Account)
        {
            throw new ArgumentException("The credential is of another account than the lease.", nameof(credential));
        }

        return database.WriteAsync(
            context =>
            {
                object values = Values(
                    lease,
                    generation: credential.Sealed.Generation,
                    state: (long)(credential.IsInDoubt ? RefreshAttemptState.Unknown : RefreshAttemptState.Succeeded),
                    dueAt: credential.RefreshDueAt?.ToColumn(),
                    notBefore: credential.RefreshNotBefore?.ToColumn()
                );
                // A lease past its end still commits while nobody took it over: a rotated token must not be lost.
                if (
                    !context.Holds($"SELECT 1 FROM refresh_state WHERE {Held}", values)
                    || !CredentialChange.Advance(
                        context,
                        lease.Environment,
                        credential,
                        credential.Sealed.Connection,
                        reconnects: false
                    )
                )
                {
                    return false;
                }

                context.Execute(
                    $"""
                    UPDATE refresh_state
                    SET owner = NULL, lease_until = NULL, not_before = @notBefore, due_at = @dueAt,
                      attempt_state = @state, attempt_generation = CASE WHEN @state = 5 THEN @generation ELSE attempt_generation END,
                      attempt_at = CASE WHEN @state = 5 THEN NULL ELSE attempt_at END
                    WHERE {Held}
                    """,
                    values
                );
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );
    }

    public Task<bool> FailAsync(
        RefreshLease lease,
        RefreshAttemptState state,
        CredentialStatus? status,
        string? reason,
        TimeSpan notBefore,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                long? generation = context.Connection.QuerySingleOrDefault<long?>(
                    $"""
                    UPDATE refresh_state
                    SET owner = NULL, lease_until = NULL, attempt_state = @state, not_before = behalf_now() + @notBefore,
                      due_at = max(due_at, behalf_now() + @notBefore)
                    WHERE {Held}
                    RETURNING (SELECT generation FROM account WHERE environment_id = @environment AND id = @account)
                    """,
                    Values(lease, state: (long)state, notBefore: notBefore.ToColumn())
                );
                if (generation is null)
                {
                    return false;
                }

                if (status is { } changed)
                {
                    CredentialChange.Mark(context, lease.Environment, lease.Account, generation.Value, changed, reason);
                }

                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task ReleaseAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    $"UPDATE refresh_state SET owner = NULL, lease_until = NULL WHERE {Held}",
                    Values(lease)
                );
            },
            cancellationToken
        );

    public Task<IReadOnlyList<(EnvironmentId Environment, AccountId Account)>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<(EnvironmentId Environment, AccountId Account)>>(
            connection =>
                [
                    .. connection
                        .Query<(byte[] Environment, byte[] Account)>(
                            """
                            SELECT environment_id, account_id FROM (
                              SELECT r.environment_id, r.account_id
                              FROM refresh_state r
                              JOIN account a ON a.environment_id = r.environment_id AND a.id = r.account_id
                              WHERE r.due_at <= behalf_now()
                                AND (r.not_before IS NULL OR r.not_before <= behalf_now())
                                AND (r.owner IS NULL OR r.lease_until <= behalf_now())
                                AND a.status = 2 AND a.deleted_at IS NULL AND a.connection_id NOT IN @except
                              ORDER BY r.due_at LIMIT @window) waiting
                            ORDER BY random() LIMIT @limit
                            """,
                            new
                            {
                                limit,
                                window = limit * IRefreshStore.DueWindow,
                                except = except.Select(connection => connection.ToColumn()).ToArray(),
                            }
                        )
                        .Select(row => (row.Environment.ToId<EnvironmentId>(), row.Account.ToId<AccountId>())),
                ],
            cancellationToken
        );

    public Task<int> HastenAsync(
        EnvironmentId environment,
        ConnectionId connection,
        AccountId account,
        string? providerUserKey,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.Execute(
                    $"""
                    UPDATE refresh_state SET due_at = behalf_now()
                    WHERE environment_id = @environment AND due_at > behalf_now()
                      AND account_id IN (SELECT a.id {AccountConditions.SharingGrant})
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        connection = connection.ToColumn(),
                        account = account.ToColumn(),
                        providerUserKey,
                    }
                ),
            cancellationToken
        );

    public Task HoldBackAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan pause,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    UPDATE refresh_state SET due_at = behalf_now() + @pause
                    WHERE environment_id = @environment AND account_id = @account AND due_at < behalf_now() + @pause
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        account = account.ToColumn(),
                        pause = pause.ToColumn(),
                    }
                );
            },
            cancellationToken
        );

    /// <summary>
    /// One process serves the folder, so a lease found at its start is a dead one's: nobody has to wait for its end. The
    /// attempt it made stays as it is: whether that was carried out is unknown.
    /// </summary>
    internal static void EndDeadLeases(PreparedConnection writer) =>
        writer.Execute("UPDATE refresh_state SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL");

    private static object Values(
        RefreshLease lease,
        long? generation = null,
        byte[]? attempt = null,
        long? state = null,
        long? notBefore = null,
        long? dueAt = null
    ) =>
        new
        {
            environment = lease.Environment.ToColumn(),
            account = lease.Account.ToColumn(),
            fence = lease.Fence,
            owner = lease.Owner,
            generation,
            attempt,
            state,
            notBefore,
            dueAt,
        };

    private sealed class StateRow
    {
        public required long AttemptState { get; init; }
        public required long AttemptGeneration { get; init; }
        public long? NotBefore { get; init; }
        public long? AttemptAt { get; init; }
        public long? DueAt { get; init; }
    }
}
