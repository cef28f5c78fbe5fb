using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Storage.PostgreSql.Engine;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>Takes audit records into the log of calls, one lane at a time in its order.</summary>
internal static class ExecutionProjection
{
    /// <summary>Taken in one transaction.</summary>
    private const int Bundle = 500;

    private const string AddCursors = """
        INSERT INTO execution_cursor (environment_id, lane, sequence)
        SELECT l.environment_id, l.lane, 0 FROM audit_lane l
        WHERE NOT EXISTS (
          SELECT 1 FROM execution_cursor c WHERE c.environment_id = l.environment_id AND c.lane = l.lane)
        ORDER BY l.environment_id, l.lane
        ON CONFLICT DO NOTHING
        """;

    /// <summary>The lane that is furthest behind and that no other node takes in now; held until the commit.</summary>
    private const string Next = """
        SELECT c.environment_id, c.lane, c.sequence
        FROM execution_cursor c JOIN audit_lane l ON l.environment_id = c.environment_id AND l.lane = c.lane
        WHERE l.sequence > c.sequence
          AND EXISTS (
            SELECT 1 FROM audit_record r
            WHERE r.environment_id = c.environment_id AND r.lane = c.lane AND r.sequence > c.sequence)
        ORDER BY l.sequence - c.sequence DESC LIMIT 1
        FOR UPDATE OF c SKIP LOCKED
        """;

    private const string Pending = $"""
        {AuditRow.Select}
        WHERE environment_id = @environment AND lane = @lane AND sequence > @sequence
        ORDER BY sequence LIMIT @limit
        """;

    // A completion may be taken in before its intent: they can stand in the lanes of two nodes.
    private const string Upsert = """
        INSERT INTO execution
          (environment_id, id, identifier, agent_run, account_id, connection_id, connection_name, connector,
           organization_id, user_id, tool, source, status, error_code, error_message, provider_status, started_at, ended_at)
        SELECT $1, f.id, f.identifier, f.agent_run, f.account, a.connection_id, f.connection, k.connector,
          a.organization_id, a.user_id, f.tool, f.source, f.status, f.code, f.message, f.provider_status, f.started, f.ended
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
          AS f (id, identifier, agent_run, account, connection, tool, source, status, code, message, provider_status,
            started, ended)
        LEFT JOIN account a ON a.environment_id = $1 AND a.id = f.account
        LEFT JOIN connection k ON k.environment_id = $1 AND k.id = a.connection_id
        ORDER BY f.id
        ON CONFLICT (environment_id, id) DO UPDATE SET
          started_at = least(execution.started_at, excluded.started_at),
          status = CASE WHEN excluded.ended_at IS NULL THEN execution.status ELSE excluded.status END,
          error_code = coalesce(excluded.error_code, execution.error_code),
          error_message = coalesce(excluded.error_message, execution.error_message),
          provider_status = coalesce(excluded.provider_status, execution.provider_status),
          ended_at = coalesce(excluded.ended_at, execution.ended_at)
        """;

    private const string Advance = """
        UPDATE execution_cursor SET sequence = $3 WHERE environment_id = $1 AND lane = $2
        """;

    /// <returns>True when there may be more.</returns>
    public static async Task<bool> TakeAsync(WriteContext context)
    {
        await context.ExecuteAsync(AddCursors);
        if (await context.FindAsync<Cursor>(Next) is not { } cursor)
        {
            return false;
        }

        List<AuditRow> records = await context.QueryAsync<AuditRow>(
            Pending,
            new
            {
                environment = cursor.EnvironmentId,
                lane = cursor.Lane,
                sequence = cursor.Sequence,
                limit = Bundle,
            }
        );
        if (records.Count == 0)
        {
            return false;
        }

        // Two lanes can tell of one call: whoever writes them locks the rows in the order of their ids.
        IReadOnlyList<ExecutionFact> facts = ExecutionFact.Merge(records.Select(FactOf).OfType<ExecutionFact>());
        await using NpgsqlBatch batch = context.Connection.CreateBatch();
        AddUpsert(batch, cursor.EnvironmentId, facts);
        batch.Add(Advance, cursor.EnvironmentId, cursor.Lane, records[^1].Sequence);
        await batch.ExecuteNonQueryAsync();
        return true;
    }

    /// <summary>A damaged record is not in the log: verifying the audit names it, and the calls after it are still told.</summary>
    private static ExecutionFact? FactOf(AuditRow record)
    {
        try
        {
            return ExecutionFact.Of(AuditChain.Read(record.ToStored()));
        }
        catch (AuditBrokenException)
        {
            return null;
        }
    }

    private static void AddUpsert(NpgsqlBatch batch, Guid environment, IReadOnlyList<ExecutionFact> facts) =>
        batch.Add(
            Upsert,
            environment,
            facts.Select(fact => fact.Execution.ToColumn()).ToArray(),
            facts.Select(fact => fact.Identifier.ToStorable()).ToArray(),
            facts.Select(fact => fact.AgentRun.ToStorable()).ToArray(),
            facts.Select(fact => fact.Account.ToColumn()).ToArray(),
            facts.Select(fact => fact.ConnectionName.ToStorable()).ToArray(),
            facts.Select(fact => fact.Tool.ToStorable()).ToArray(),
            facts.Select(fact => fact.Source.ToStorable()).ToArray(),
            facts.Select(fact => fact.End?.Status ?? ExecutionStatuses.Running).ToArray(),
            facts.Select(fact => fact.End?.ErrorCode.ToStorable()).ToArray(),
            facts.Select(fact => fact.End?.ErrorMessage.ToStorable()).ToArray(),
            facts.Select(fact => fact.End?.ProviderStatus).ToArray(),
            facts.Select(fact => fact.At.ToColumn()).ToArray(),
            facts.Select(fact => fact.End?.At.ToColumn()).ToArray()
        );

    private sealed class Cursor
    {
        public required Guid EnvironmentId { get; init; }
        public required string Lane { get; init; }
        public required long Sequence { get; init; }
    }
}
