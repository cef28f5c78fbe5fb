namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>What transactions, of whichever node, leave when they change what look-ups are remembered of (migration 12).</summary>
internal static class ChangeMarks
{
    /// <summary>Who looked longer ago cannot know of all marks since: older ones are removed.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromMinutes(5);

    /// <summary>More changed users than these are everything.</summary>
    public const int MostUsers = 100;

    /// <summary>
    /// The marks of transactions that a snapshot did not see: those that were running then, and those that began later, by
    /// their ids and, because a server that crashed may give out ids again, by the clock. The answer's own snapshot and clock
    /// are the next ones to ask with.
    /// </summary>
    private static readonly string Since = $"""
        SELECT pg_current_snapshot()::text AS snapshot,
          (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS clock,
          (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS started,
          pg_is_in_recovery() AS is_standby,
          m.transaction IS NOT NULL AS is_mark, m.environment_id, m.identifier
        FROM (SELECT nullif($1, '')::pg_snapshot AS seen, to_timestamp($2::bigint / 1000000.0) AS clock) s
        LEFT JOIN LATERAL (
          SELECT c.transaction, c.environment_id, c.identifier FROM change_mark c
          WHERE c.transaction >= pg_snapshot_xmax(s.seen)
          UNION ALL
          SELECT c.transaction, c.environment_id, c.identifier FROM change_mark c
          WHERE c.at >= s.clock AND (c.transaction < pg_snapshot_xmax(s.seen)) IS TRUE -- a filter: most marks are older
          UNION ALL
          SELECT c.transaction, c.environment_id, c.identifier
          FROM pg_snapshot_xip(s.seen) AS running (transaction)
          JOIN change_mark c ON c.transaction = running.transaction AND c.at < s.clock
          LIMIT {MostUsers + 1}) m ON true
        """;

    /// <param name="snapshot">Null: none was taken yet.</param>
    /// <param name="clock">The database's, when it was taken, in microseconds.</param>
    /// <returns>At least one row; the first tells the snapshot.</returns>
    public static Task<IReadOnlyList<Row>> SinceAsync(ReadQueue reads, string? snapshot, long clock) =>
        reads.QueryAsync<Row>(Since, [snapshot ?? string.Empty, clock], CancellationToken.None);

    internal sealed class Row
    {
        public required string Snapshot { get; init; }

        /// <value>The database's clock, in microseconds.</value>
        public required long Clock { get; init; }

        /// <value>When the server started, in microseconds: another one may have another history.</value>
        public required long Started { get; init; }

        /// <value>A standby does not say which transactions are running.</value>
        public required bool IsStandby { get; init; }

        public required bool IsMark { get; init; }
        public Guid? EnvironmentId { get; init; }
        public string? Identifier { get; init; }
    }
}
