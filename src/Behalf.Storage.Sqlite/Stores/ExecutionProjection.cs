using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>Takes audit records into the log of calls, one lane at a time in its order.</summary>
internal static class ExecutionProjection
{
    /// <summary>Taken in one transaction, which bounds how long calls wait for it.</summary>
    private const int Bundle = 100;

    /// <summary>The lane that is furthest behind.</summary>
    public const string Next = """
        SELECT l.environment_id, l.lane, coalesce(c.sequence, 0) AS sequence
        FROM audit_lane l
        LEFT JOIN execution_cursor c ON c.environment_id = l.environment_id AND c.lane = l.lane
        WHERE l.sequence > coalesce(c.sequence, 0)
          AND EXISTS (
            SELECT 1 FROM audit_record r
            WHERE r.environment_id = l.environment_id AND r.lane = l.lane AND r.sequence > coalesce(c.sequence, 0))
        ORDER BY l.sequence - coalesce(c.sequence, 0) DESC LIMIT 1
        """;

    public const string Pending = $"""
        {AuditRow.Select}
        WHERE environment_id = @environment AND lane = @lane AND sequence > @sequence
        ORDER BY sequence LIMIT @limit
        """;

    // A completion may be taken in before its intent: they can stand in the lanes of two nodes.
    private static readonly Sql Upsert = new(
        """
        INSERT INTO execution
          (environment_id, id, identifier, agent_run, account_id, connection_id, connection_name, connector,
           organization_id, user_id, tool, source, status, error_code, error_message, provider_status, started_at, ended_at)
        SELECT @environment, @id, @identifier, @run, @account, a.connection_id, @connection, k.connector,
          a.organization_id, a.user_id, @tool, @source, @status, @code, @message, @providerStatus, @at, @ended
        FROM (SELECT 1) one
        LEFT JOIN account a ON a.environment_id = @environment AND a.id = @account
        LEFT JOIN connection k ON k.environment_id = @environment AND k.id = a.connection_id
        WHERE true
        ON CONFLICT (environment_id, id) DO UPDATE SET
          started_at = min(started_at, excluded.started_at),
          status = CASE WHEN excluded.ended_at IS NULL THEN status ELSE excluded.status END,
          error_code = coalesce(excluded.error_code, error_code),
          error_message = coalesce(excluded.error_message, error_message),
          provider_status = coalesce(excluded.provider_status, provider_status),
          ended_at = coalesce(excluded.ended_at, ended_at)
        """
    );

    private static readonly Sql Advance = new(
        """
        INSERT INTO execution_cursor (environment_id, lane, sequence) VALUES (@environment, @lane, @sequence)
        ON CONFLICT DO UPDATE SET sequence = excluded.sequence
        """
    );

    /// <returns>True when there may be more.</returns>
    public static bool Take(WriteContext context)
    {
        if (context.Connection.QueryFirstOrDefault<Cursor>(Next) is not { } cursor)
        {
            return false;
        }

        List<AuditRow> records = context
            .Connection.Query<AuditRow>(
                Pending,
                new
                {
                    environment = cursor.EnvironmentId,
                    lane = cursor.Lane,
                    sequence = cursor.Sequence,
                    limit = Bundle,
                }
            )
            .AsList();
        foreach (ExecutionFact fact in ExecutionFact.Merge(records.Select(FactOf).OfType<ExecutionFact>()))
        {
            Write(context, fact);
        }

        context
            .Statement(Advance)
            .Bind("@environment", cursor.EnvironmentId)
            .Bind("@lane", cursor.Lane)
            .Bind("@sequence", records[^1].Sequence)
            .Run();
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

    private static void Write(WriteContext context, ExecutionFact fact) =>
        context
            .Statement(Upsert)
            .Bind("@environment", fact.Environment.ToColumn())
            .Bind("@id", fact.Execution.ToColumn())
            .Bind("@identifier", fact.Identifier)
            .Bind("@run", fact.AgentRun)
            .Bind("@account", fact.Account.ToColumn())
            .Bind("@connection", fact.ConnectionName)
            .Bind("@tool", fact.Tool)
            .Bind("@source", fact.Source)
            .Bind("@status", fact.End?.Status ?? ExecutionStatuses.Running)
            .Bind("@code", fact.End?.ErrorCode)
            .Bind("@message", fact.End?.ErrorMessage)
            .Bind("@providerStatus", (long?)fact.End?.ProviderStatus)
            .Bind("@at", fact.At.ToColumn())
            .Bind("@ended", fact.End?.At.ToColumn())
            .Run();

    private sealed class Cursor
    {
        public required byte[] EnvironmentId { get; init; }
        public required string Lane { get; init; }
        public required long Sequence { get; init; }
    }
}
