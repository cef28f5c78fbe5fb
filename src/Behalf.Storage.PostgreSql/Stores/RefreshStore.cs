using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class RefreshStore(PostgreSqlDatabase database) : IRefreshStore
{
    /// <summary>The lease is this holder's, whether or not its time has passed: the fence alone fences.</summary>
    private const string Held = """
        environment_id = @environment AND account_id = @account AND fence = @fence AND owner = @owner
        """;

    /// <summary>Nobody took the lease since, whether or not it was let go of meanwhile, by whomever.</summary>
    private const string NotTakenSince = "environment_id = @environment AND account_id = @account AND fence = @fence";

    /// <summary>
    /// A lease that ended while its holder waits for an answer. The holder may have the answer and only wait for the database
    /// to be back: who was cut off itself first gives the others the time to store what they have.
    /// </summary>
    private static readonly string MayBeFollowed = $"""
        (refresh_state.attempt_state NOT IN (1, 6) OR refresh_state.owner = @owner
          OR NOT {NodeName.MayComeBack("refresh_state.owner")} OR {NodeName.IsSteady("@owner")})
        """;

    public Task<RefreshLease?> AcquireAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => TakeAsync(environment, account, duration, takesUp: false, cancellationToken);

    public Task<RefreshLease?> TakeUpAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => TakeAsync(environment, account, duration, takesUp: true, cancellationToken);

    public Task ReleaseInheritedAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    "UPDATE refresh_state SET owner = NULL, lease_until = NULL WHERE owner = @owner",
                    new { owner = context.Process }
                );
            },
            cancellationToken
        );

    private Task<RefreshLease?> TakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        bool takesUp,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                long? fence = await context.ValueAsync<long?>(
                    $"""
                    INSERT INTO refresh_state (environment_id, account_id, fence, owner, lease_until)
                    SELECT environment_id, id, 1, @owner, behalf_now() + @duration FROM account
                    WHERE environment_id = @environment AND id = @account AND deleted_at IS NULL
                      AND {NodeName.IsHeldBy("@owner")}
                    ON CONFLICT (environment_id, account_id) DO UPDATE
                    SET fence = refresh_state.fence + 1, owner = excluded.owner, lease_until = excluded.lease_until
                    WHERE refresh_state.owner IS NULL OR refresh_state.lease_until <= behalf_now() AND {MayBeFollowed}
                      OR @takesUp AND refresh_state.owner = @owner
                    RETURNING fence
                    """,
                    new
                    {
                        takesUp,
                        steadyFor = PostgreSqlDatabase.SteadyFor,
                        shortestBreak = database.ShortestBreak,
                        environment = environment.ToColumn(),
                        account = account.ToColumn(),
                        owner = context.Process,
                        duration = duration.ToColumn(),
                    }
                );
                if (fence is { } taken)
                {
                    return new RefreshLease(environment, account, taken, context.Process);
                }

                await database.RequireNameAsync(context);
                return null;
            },
            cancellationToken
        );

    public Task<RefreshLease?> OvertakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        TimeSpan? within,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                long? fence = await context.ValueAsync<long?>(
                    $"""
                    UPDATE refresh_state
                    SET fence = fence + 1, owner = @owner, lease_until = behalf_now() + @duration
                    WHERE environment_id = @environment AND account_id = @account
                      AND owner IS NOT NULL AND NOT {NodeName.Lives("owner")} AND {NodeName.IsHeldBy("@owner")}
                      AND (@within::bigint IS NULL OR attempt_state NOT IN (1, 6) OR attempt_at > behalf_now() - @within::bigint)
                    RETURNING fence
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        account = account.ToColumn(),
                        owner = context.Process,
                        duration = duration.ToColumn(),
                        within = within?.ToColumn(),
                        deadAfter = database.DeadAfter,
                    }
                );
                return fence is { } taken ? new RefreshLease(environment, account, taken, context.Process) : null;
            },
            cancellationToken
        );

    public Task<RefreshSubject?> ReadAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        database.ReadTogetherAsync(
            async session =>
            {
                StateRow? state = await session.FindAsync<StateRow>(
                    $"""
                    SELECT attempt_state, attempt_generation, attempt_at, not_before, due_at FROM refresh_state
                    WHERE {Held} AND lease_until > behalf_now()
                    """,
                    Values(lease)
                );
                ConnectedAccount? account = await AccountStore.FindAsync(session, lease.Environment, lease.Account);
                Vault.SealedCredential? credential = await CredentialRow.FindAsync(
                    session,
                    lease.Environment,
                    lease.Account
                );
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
                context.ExecuteOneAsync(
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
                      AND {NodeName.IsHeldBy("@owner")}
                    """,
                    Values(
                        lease,
                        generation: generation,
                        attempt: Guid.NewGuid(),
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
            async context =>
            {
                object values = Values(
                    lease,
                    generation: credential.Sealed.Generation,
                    state: (long)(credential.IsInDoubt ? RefreshAttemptState.Unknown : RefreshAttemptState.Succeeded),
                    dueAt: credential.RefreshDueAt?.ToColumn(),
                    notBefore: credential.RefreshNotBefore?.ToColumn(),
                    process: context.Process
                );
                if (
                    !await CredentialChange.AdvanceAsync(
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

                // A lease past its end still commits while nobody took it over: a rotated token must not be lost. Nor must it
                // with this node's name; only nobody is told then, for that the name's new holder would have to do.
                bool? isNamed = await context.ValueAsync<bool?>(
                    $"""
                    UPDATE refresh_state
                    SET owner = NULL, lease_until = NULL, not_before = @notBefore, due_at = @dueAt,
                      attempt_state = @state, attempt_generation = CASE WHEN @state = 5 THEN @generation ELSE attempt_generation END,
                      attempt_at = CASE WHEN @state = 5 THEN NULL ELSE attempt_at END
                    WHERE {NotTakenSince}
                    RETURNING EXISTS (SELECT 1 FROM node WHERE process = @process)
                    """,
                    values
                );
                switch (isNamed)
                {
                    case null:
                        context.Undo();
                        return false;
                    case true:
                        context.Leave(traces);
                        return true;
                    default:
                        return true;
                }
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
            async context =>
            {
                // The account before its refresh state, as everywhere.
                long? generation = await context.ValueAsync<long?>(
                    """
                    SELECT generation FROM account WHERE environment_id = @environment AND id = @account
                    FOR NO KEY UPDATE
                    """,
                    Values(lease)
                );
                bool held = await context.ExecuteOneAsync(
                    $"""
                    UPDATE refresh_state
                    SET owner = NULL, lease_until = NULL, attempt_state = @state, not_before = behalf_now() + @notBefore,
                      due_at = CASE WHEN due_at < behalf_now() + @notBefore THEN behalf_now() + @notBefore ELSE due_at END
                    WHERE {Held}
                    """,
                    Values(lease, state: (long)state, notBefore: notBefore.ToColumn())
                );
                if (!held || generation is null)
                {
                    return false;
                }

                if (status is { } changed)
                {
                    await CredentialChange.MarkAsync(
                        context,
                        lease.Environment,
                        lease.Account,
                        generation.Value,
                        changed,
                        reason
                    );
                }

                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task ReleaseAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
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
            async session =>
                [
                    .. (
                        await session.QueryAsync<(Guid Environment, Guid Account)>(
                            """
                            SELECT environment_id, account_id FROM (
                              SELECT r.environment_id, r.account_id
                              FROM refresh_state r
                              JOIN account a ON a.environment_id = r.environment_id AND a.id = r.account_id
                              WHERE r.due_at <= behalf_now()
                                AND (r.not_before IS NULL OR r.not_before <= behalf_now())
                                AND (r.owner IS NULL OR r.lease_until <= behalf_now())
                                AND a.status = 2 AND a.deleted_at IS NULL AND a.connection_id <> ALL(@except)
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
                    ).Select(row => (row.Environment.ToId<EnvironmentId>(), row.Account.ToId<AccountId>())),
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
                context.ExecuteAsync(
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
            async context =>
            {
                await context.ExecuteAsync(
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

    private static object Values(
        RefreshLease lease,
        long? generation = null,
        Guid? attempt = null,
        long? state = null,
        long? notBefore = null,
        long? dueAt = null,
        string? process = null
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
            process,
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
