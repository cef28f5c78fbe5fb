using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>Deleted values are gone from the tables at once, from the files with vacuum and the logs that are kept.</summary>
internal sealed class AuditUpkeepStore(PostgreSqlDatabase database) : IAuditUpkeepStore
{
    private const string Oldest = """
        SELECT r.environment_id, r.lane, r.sequence, r.id, r.version, r.at, r.body, r.personal, r.hash
        FROM audit_lane l
        JOIN execution_cursor c ON c.environment_id = l.environment_id AND c.lane = l.lane
        CROSS JOIN LATERAL (
          SELECT * FROM audit_record
          WHERE environment_id = l.environment_id AND lane = l.lane AND sequence <= c.sequence
            AND sequence < coalesce(
              (SELECT min(o.sequence) FROM audit_open_call o
               WHERE o.environment_id = l.environment_id AND o.lane = l.lane),
              9223372036854775807)
          ORDER BY sequence LIMIT @limit) r
        WHERE l.environment_id = @environment
        ORDER BY r.lane, r.sequence
        """;

    public Task<int> RedactAsync(
        EnvironmentId environment,
        string identifier,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                return await context.ExecuteAsync(
                    """
                    UPDATE audit_record SET personal = NULL, identifier = NULL
                    WHERE (environment_id, lane, sequence) IN (
                      SELECT environment_id, lane, sequence FROM audit_record
                      WHERE environment_id = @environment AND identifier = @identifier ORDER BY id LIMIT @limit)
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        identifier,
                        limit,
                    }
                );
            },
            cancellationToken
        );

    public Task<int> RedactAsync(
        EnvironmentId environment,
        IReadOnlyList<(string Lane, long Sequence)> records,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                return await context.ExecuteAsync(
                    """
                    UPDATE audit_record r SET personal = NULL, identifier = NULL
                    FROM unnest(@lanes::text[], @sequences::bigint[]) AS named (lane, sequence)
                    WHERE r.environment_id = @environment AND r.lane = named.lane AND r.sequence = named.sequence
                      AND r.personal IS NOT NULL
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        lanes = records.Select(record => record.Lane).ToArray(),
                        sequences = records.Select(record => record.Sequence).ToArray(),
                    }
                );
            },
            cancellationToken
        );

    public Task RedactLogsAsync(EnvironmentId environment, string identifier, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var values = new { environment = environment.ToColumn(), identifier };
                await context.ExecuteAsync(
                    """
                    UPDATE execution SET identifier = NULL, organization_id = NULL, user_id = NULL
                    WHERE environment_id = @environment AND identifier = @identifier
                    """,
                    values
                );
                await context.ExecuteAsync(
                    """
                    DELETE FROM event WHERE environment_id = @environment AND account_id IN (
                      SELECT id FROM account WHERE environment_id = @environment AND identifier = @identifier)
                    """,
                    values
                );
            },
            cancellationToken
        );

    public Task<IReadOnlyList<StoredAuditRecord>> OldestAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<StoredAuditRecord>>(
            async session =>
                [
                    .. (await session.QueryAsync<AuditRow>(Oldest, new { environment = environment.ToColumn(), limit }))
                        .Select(row => row.ToStored())
                        .GroupBy(record => record.Lane)
                        .SelectMany(lane => lane.TakeWhile(record => record.At < before)),
                ],
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        AuditAnchor next,
        AuditAnchor? previous,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool moved = await context.ExecuteOneAsync(
                    previous is null
                        ? """
                        INSERT INTO audit_anchor (environment_id, at, heads, ring_key_id, signature)
                        VALUES (@environment, @at, @heads, @key, @signature)
                        ON CONFLICT (environment_id) DO NOTHING
                        """
                        : """
                        UPDATE audit_anchor SET at = @at, heads = @heads, ring_key_id = @key, signature = @signature
                        WHERE environment_id = @environment AND signature = @previous
                        """,
                    new
                    {
                        environment = next.Environment.ToColumn(),
                        at = next.Statement.At.ToColumn(),
                        heads = TrailDocuments.Write(next.Heads),
                        key = next.Statement.Key.ToColumn(),
                        signature = next.Statement.Signature,
                        previous = previous?.Statement.Signature,
                    }
                );
                if (!moved)
                {
                    return false;
                }

                foreach (AuditLaneHead head in next.Heads)
                {
                    await context.ExecuteAsync(
                        """
                        DELETE FROM audit_record
                        WHERE environment_id = @environment AND lane = @lane AND sequence <= @sequence
                        """,
                        new
                        {
                            environment = next.Environment.ToColumn(),
                            lane = head.Lane,
                            sequence = head.Sequence,
                        }
                    );
                }

                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task RemoveLogsAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var values = new
                {
                    environment = environment.ToColumn(),
                    before = before.ToColumn(),
                    firstKept = TrailDocuments.FirstIdAt(before),
                    limit,
                };
                await context.ExecuteAsync(
                    """
                    DELETE FROM audit_checkpoint
                    WHERE environment_id = @environment AND at < @before AND sequence < (
                      SELECT max(sequence) FROM audit_checkpoint WHERE environment_id = @environment)
                    """,
                    values
                );
                await context.ExecuteAsync(
                    """
                    DELETE FROM execution WHERE environment_id = @environment AND id IN (
                      SELECT id FROM execution WHERE environment_id = @environment AND started_at < @before
                      ORDER BY started_at LIMIT @limit)
                    """,
                    values
                );
                await context.ExecuteAsync(
                    """
                    DELETE FROM event WHERE environment_id = @environment AND id IN (
                      SELECT id FROM event WHERE environment_id = @environment AND id < @firstKept
                      ORDER BY id LIMIT @limit)
                    """,
                    values
                );
            },
            cancellationToken
        );
}
