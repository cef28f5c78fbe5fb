using Behalf.Authorization;
using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class RevocationStore(PostgreSqlDatabase database) : IRevocationStore
{
    /// <summary>
    /// How long a job that a node took is hidden from the others. Much longer than one attempt may take; a node that dies
    /// over it is followed by another one then.
    /// </summary>
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(5);

    public Task AddAsync(RevocationJob job, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await InsertAsync(context, job);
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<IReadOnlyList<RevocationJob>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    ) => database.WriteAsync<IReadOnlyList<RevocationJob>>(async context => [.. (
                        await context.QueryAsync<Row>(
                            $"""
                            UPDATE revocation_job SET next_at = behalf_now() + @claim
                            WHERE (environment_id, id) IN (
                              SELECT environment_id, id FROM revocation_job WHERE next_at <= behalf_now() AND connection_id <> ALL(@except)
                              ORDER BY next_at, id LIMIT @limit FOR UPDATE SKIP LOCKED)
                              AND {NodeName.IsHeldBy("@process")}
                            RETURNING environment_id, id, account_id, connection_id, wrapped_key, ring_key_id, token_sealed,
                              token_kind, provider_user_key, attempts, created_at
                            """,
                            new
                            {
                                limit,
                                process = context.Process,
                                claim = Claim.ToColumn(),
                                except = except.Select(connection => connection.ToColumn()).ToArray(),
                            }
                        )
                    ).OrderBy(row => row.CreatedAt).Select(row => row.ToJob())], cancellationToken);

    public Task LeaveAsync(IReadOnlyList<RevocationJob> jobs, CancellationToken cancellationToken) =>
        jobs.Count == 0
            ? Task.CompletedTask
            : database.WriteAsync(
                context =>
                    context.ExecuteAsync(
                        """
                        UPDATE revocation_job SET next_at = behalf_now()
                        WHERE (environment_id, id) IN (SELECT * FROM unnest(@environments, @ids))
                        """,
                        new
                        {
                            environments = jobs.Select(job => job.Environment.ToColumn()).ToArray(),
                            ids = jobs.Select(job => job.Id.ToColumn()).ToArray(),
                        }
                    ),
                cancellationToken
            );

    public Task FinishAsync(RevocationJob job, string proof, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var values = new
                {
                    environment = job.Environment.ToColumn(),
                    id = job.Id.ToColumn(),
                    account = job.Account.ToColumn(),
                    connection = job.Connection.ToColumn(),
                    createdAt = job.CreatedAt.ToColumn(),
                    proof,
                };
                // Held, as who removes the connection holds it: one of the two sees that the other one was there.
                await context.ExecuteAsync(
                    """
                    SELECT 1 FROM connection WHERE environment_id = @environment AND id = @connection FOR NO KEY UPDATE
                    """,
                    values
                );
                if (
                    !await context.ExecuteOneAsync(
                        "DELETE FROM revocation_job WHERE environment_id = @environment AND id = @id",
                        values
                    )
                )
                {
                    return; // finished before
                }

                bool known = await context.ExecuteOneAsync(
                    """
                    UPDATE revocation_ledger SET proof = @proof, finished_at = behalf_now()
                    WHERE environment_id = @environment AND job_id = @id
                    """,
                    values
                );
                if (!known)
                {
                    await context.ExecuteAsync(
                        """
                        INSERT INTO revocation_ledger
                          (environment_id, job_id, account_id, connection_id, stopped_at, finished_at, proof)
                        VALUES (@environment, @id, @account, @connection, @createdAt, behalf_now(), @proof)
                        """,
                        values
                    );
                }

                // The secret of a removed connection goes with the last token that needed it.
                await context.ExecuteAsync(
                    """
                    UPDATE connection SET client_secret_sealed = NULL, row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @connection AND deleted_at IS NOT NULL
                      AND client_secret_sealed IS NOT NULL
                      AND NOT EXISTS (
                        SELECT 1 FROM revocation_job WHERE environment_id = @environment AND connection_id = @connection)
                    """,
                    values
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task RetryAsync(RevocationJob job, TimeSpan after, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    """
                    UPDATE revocation_job SET attempts = attempts + 1, next_at = behalf_now() + @after
                    WHERE environment_id = @environment AND id = @id
                    """,
                    new
                    {
                        environment = job.Environment.ToColumn(),
                        id = job.Id.ToColumn(),
                        after = after.ToColumn(),
                    }
                );
            },
            cancellationToken
        );

    public Task<IReadOnlyList<RevocationEntry>> LedgerAsync(
        RevocationFilter filter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        (string sql, object values) = LedgerQuery.Of(filter, after, limit);
        return database.ReadAsync<IReadOnlyList<RevocationEntry>>(
            async session => [.. (await session.QueryAsync<LedgerQuery.Row>(sql, values)).Select(row => row.ToEntry())],
            cancellationToken
        );
    }

    internal static Task InsertAsync(WriteContext context, RevocationJob job) =>
        context.ExecuteAsync(
            """
            INSERT INTO revocation_job
              (environment_id, id, account_id, connection_id, wrapped_key, ring_key_id, token_sealed, token_kind,
               provider_user_key, attempts, next_at, created_at)
            VALUES
              (@environment, @id, @account, @connection, @wrappedKey, @ringKey, @token, @kind,
               @userKey, @attempts, behalf_now(), @createdAt)
            """,
            new
            {
                environment = job.Environment.ToColumn(),
                id = job.Id.ToColumn(),
                account = job.Account.ToColumn(),
                connection = job.Connection.ToColumn(),
                wrappedKey = job.Key.WrappedKey,
                ringKey = job.Key.RingKey.ToColumn(),
                token = job.TokenSealed,
                kind = job.TokenKind,
                userKey = job.ProviderUserKey,
                attempts = job.Attempts,
                createdAt = job.CreatedAt.ToColumn(),
            }
        );

    private sealed class Row
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required Guid AccountId { get; init; }
        public required Guid ConnectionId { get; init; }
        public required byte[] WrappedKey { get; init; }
        public required Guid RingKeyId { get; init; }
        public required byte[] TokenSealed { get; init; }
        public required string TokenKind { get; init; }
        public string? ProviderUserKey { get; init; }
        public required long Attempts { get; init; }
        public required long CreatedAt { get; init; }

        public RevocationJob ToJob()
        {
            EnvironmentId environment = EnvironmentId.ToId<EnvironmentId>();
            AccountId account = AccountId.ToId<AccountId>();
            return new RevocationJob
            {
                Environment = environment,
                Id = Id.ToId<RevocationJobId>(),
                Account = account,
                Connection = ConnectionId.ToId<ConnectionId>(),
                Key = new AccountKey(environment, account, WrappedKey, RingKeyId.ToId<RingKeyId>()),
                TokenSealed = TokenSealed,
                TokenKind = TokenKind,
                ProviderUserKey = ProviderUserKey,
                Attempts = (int)Attempts,
                CreatedAt = CreatedAt.ToInstant(),
            };
        }
    }
}
