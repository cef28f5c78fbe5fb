using Behalf.Authorization;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Vault;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class RevocationStore(SqliteDatabase database) : IRevocationStore
{
    public Task AddAsync(RevocationJob job, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                Insert(context, job);
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<IReadOnlyList<RevocationJob>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<RevocationJob>>(
            connection =>
                [
                    .. connection
                        .Query<Row>(
                            """
                            SELECT environment_id, id, account_id, connection_id, wrapped_key, ring_key_id, token_sealed,
                              token_kind, provider_user_key, attempts, created_at
                            FROM revocation_job WHERE next_at <= behalf_now() AND connection_id NOT IN @except
                            ORDER BY next_at, id LIMIT @limit
                            """,
                            new { limit, except = except.Select(connection => connection.ToColumn()).ToArray() }
                        )
                        .Select(row => row.ToJob()),
                ],
            cancellationToken
        );

    public Task LeaveAsync(IReadOnlyList<RevocationJob> jobs, CancellationToken cancellationToken) =>
        Task.CompletedTask; // taking one changes nothing here

    public Task FinishAsync(RevocationJob job, string proof, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
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
                if (!Shred(context, values))
                {
                    return; // finished before
                }

                bool known = context.ExecuteOne(
                    """
                    UPDATE revocation_ledger SET proof = @proof, finished_at = behalf_now()
                    WHERE environment_id = @environment AND job_id = @id
                    """,
                    values
                );
                if (!known)
                {
                    context.Execute(
                        """
                        INSERT INTO revocation_ledger
                          (environment_id, sequence, job_id, account_id, connection_id, stopped_at, finished_at, proof)
                        SELECT @environment, coalesce(max(sequence), 0) + 1, @id, @account, @connection, @createdAt,
                          behalf_now(), @proof
                        FROM revocation_ledger WHERE environment_id = @environment
                        """,
                        values
                    );
                }

                // The secret of a removed connection goes with the last token that needed it.
                context.Execute(
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
            context =>
            {
                context.Execute(
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
            connection => [.. connection.Query<LedgerQuery.Row>(sql, values).Select(row => row.ToEntry())],
            cancellationToken
        );
    }

    internal static void Insert(WriteContext context, RevocationJob job) =>
        context.Execute(
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

    /// <summary>Overwrites key and token before the row goes.</summary>
    private static bool Shred(WriteContext context, object values)
    {
        context.Execute(
            """
            UPDATE revocation_job
            SET wrapped_key = zeroblob(length(wrapped_key)), token_sealed = zeroblob(length(token_sealed))
            WHERE environment_id = @environment AND id = @id
            """,
            values
        );
        context.Shredded();
        return context.ExecuteOne(
            "DELETE FROM revocation_job WHERE environment_id = @environment AND id = @id",
            values
        );
    }

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required byte[] AccountId { get; init; }
        public required byte[] ConnectionId { get; init; }
        public required byte[] WrappedKey { get; init; }
        public required byte[] RingKeyId { get; init; }
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
