using Behalf.Authorization;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>The ledger of revocations, with what is known of account, connection and job today.</summary>
internal static class LedgerQuery
{
    public static (string Sql, object Values) Of(RevocationFilter filter, long after, int limit) =>
        (
            $"""
            SELECT l.environment_id, l.sequence, l.account_id, a.identifier, c.name AS connection_name, l.generation,
              l.stopped_at, l.finished_at, l.proof, j.attempts, j.next_at
            FROM revocation_ledger l
            LEFT JOIN account a ON a.environment_id = l.environment_id AND a.id = l.account_id
            LEFT JOIN connection c ON c.environment_id = l.environment_id AND c.id = l.connection_id
            LEFT JOIN revocation_job j ON j.environment_id = l.environment_id AND j.id = l.job_id
            WHERE l.environment_id = @environment AND l.sequence > @after
              {(filter.Identifier is null ? "" : "AND a.identifier = @identifier")}
              {(filter.Connections is null ? "" : "AND c.name = ANY (@connections)")}
              {(filter.IsPending ? "AND l.finished_at IS NULL" : "")}
            ORDER BY l.sequence LIMIT @limit
            """,
            new
            {
                environment = filter.Environment.ToColumn(),
                after,
                identifier = filter.Identifier,
                connections = filter.Connections?.ToArray(),
                limit,
            }
        );

    public sealed class Row
    {
        public required Guid EnvironmentId { get; init; }
        public required long Sequence { get; init; }
        public required Guid AccountId { get; init; }
        public string? Identifier { get; init; }
        public string? ConnectionName { get; init; }
        public long? Generation { get; init; }
        public required long StoppedAt { get; init; }
        public long? FinishedAt { get; init; }
        public string? Proof { get; init; }
        public long? Attempts { get; init; }
        public long? NextAt { get; init; }

        public RevocationEntry ToEntry() =>
            new(
                EnvironmentId.ToId<EnvironmentId>(),
                Sequence,
                AccountId.ToId<AccountId>(),
                Identifier,
                ConnectionName,
                Generation,
                StoppedAt.ToInstant(),
                FinishedAt?.ToInstant(),
                Proof,
                (int)(Attempts ?? 0),
                NextAt?.ToInstant()
            );
    }
}
