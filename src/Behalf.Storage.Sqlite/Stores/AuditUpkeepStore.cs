using Behalf.Audit;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>Deleted values are overwritten in the file (secure_delete) and soon in the log beside it.</summary>
internal sealed class AuditUpkeepStore(SqliteDatabase database) : IAuditUpkeepStore
{
    private const string Oldest = $"""
        {AuditRow.Select}
        WHERE environment_id = @environment AND lane = @lane
          AND sequence <= coalesce(
            (SELECT sequence FROM execution_cursor WHERE environment_id = @environment AND lane = @lane), 0)
          AND sequence < coalesce(
            (SELECT min(sequence) FROM audit_open_call WHERE environment_id = @environment AND lane = @lane),
            9223372036854775807)
        ORDER BY sequence LIMIT @limit
        """;

    public Task<int> RedactAsync(
        EnvironmentId environment,
        string identifier,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                int redacted = context.Execute(
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
                context.Shredded();
                return redacted;
            },
            cancellationToken
        );

    public Task<int> RedactAsync(
        EnvironmentId environment,
        IReadOnlyList<(string Lane, long Sequence)> records,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                int redacted = 0;
                foreach ((string lane, long sequence) in records)
                {
                    redacted += context.Execute(
                        """
                        UPDATE audit_record SET personal = NULL, identifier = NULL
                        WHERE environment_id = @environment AND lane = @lane AND sequence = @sequence
                          AND personal IS NOT NULL
                        """,
                        new
                        {
                            environment = environment.ToColumn(),
                            lane,
                            sequence,
                        }
                    );
                }

                context.Shredded();
                return redacted;
            },
            cancellationToken
        );

    public Task RedactLogsAsync(EnvironmentId environment, string identifier, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                var values = new { environment = environment.ToColumn(), identifier };
                context.Execute(
                    """
                    UPDATE execution SET identifier = NULL, organization_id = NULL, user_id = NULL
                    WHERE environment_id = @environment AND identifier = @identifier
                    """,
                    values
                );
                context.Execute(
                    """
                    DELETE FROM event WHERE environment_id = @environment AND account_id IN (
                      SELECT id FROM account WHERE environment_id = @environment AND identifier = @identifier)
                    """,
                    values
                );
                context.Shredded();
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
            connection =>
                [
                    .. connection
                        .Query<string>(
                            "SELECT lane FROM audit_lane WHERE environment_id = @environment ORDER BY lane",
                            new { environment = environment.ToColumn() }
                        )
                        .SelectMany(lane =>
                            connection
                                .Query<AuditRow>(
                                    Oldest,
                                    new
                                    {
                                        environment = environment.ToColumn(),
                                        lane,
                                        limit,
                                    }
                                )
                                .Select(row => row.ToStored())
                                .TakeWhile(record => record.At < before)
                        ),
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
            context =>
            {
                bool moved = context.ExecuteOne(
                    previous is null
                        ? """
                        INSERT INTO audit_anchor (environment_id, at, heads, ring_key_id, signature)
                        VALUES (@environment, @at, @heads, @key, @signature)
                        ON CONFLICT DO NOTHING
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
                    context.Execute(
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
            context =>
            {
                var values = new
                {
                    environment = environment.ToColumn(),
                    before = before.ToColumn(),
                    firstKept = TrailDocuments.FirstIdAt(before).ToByteArray(bigEndian: true),
                    limit,
                };
                context.Execute(
                    """
                    DELETE FROM audit_checkpoint
                    WHERE environment_id = @environment AND at < @before AND sequence < (
                      SELECT max(sequence) FROM audit_checkpoint WHERE environment_id = @environment)
                    """,
                    values
                );
                context.Execute(
                    """
                    DELETE FROM execution WHERE environment_id = @environment AND id IN (
                      SELECT id FROM execution WHERE environment_id = @environment AND started_at < @before
                      ORDER BY started_at LIMIT @limit)
                    """,
                    values
                );
                context.Execute(
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
