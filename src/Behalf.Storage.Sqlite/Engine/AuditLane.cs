using Behalf.Audit;
using Behalf.Storage.Sqlite.Columns;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// Appends to this node's lane of an environment. On every call's path twice, so its statements are prepared and bound by
/// hand.
/// </summary>
internal static class AuditLane
{
    private static readonly Sql Insert = new(
        """
        INSERT INTO audit_record
          (environment_id, lane, sequence, id, version, kind, execution_id, identifier, agent_run, at, body, personal, hash)
        VALUES
          (@environment, @lane, @sequence, @id, @version, @kind, @execution, @identifier, @run, @at, @body, @personal, @hash)
        """
    );

    private static readonly Sql OpenCall = new(
        """
        INSERT INTO audit_open_call (environment_id, execution_id, process, lane, sequence)
        VALUES (@environment, @execution, @process, @lane, @sequence)
        """
    );

    private static readonly Sql CloseCall = new(
        "DELETE FROM audit_open_call WHERE environment_id = @environment AND execution_id = @execution"
    );

    public static StoredAuditRecord Append(WriteContext context, AuditDraft draft, OrderedIds ids)
    {
        byte[] environment = draft.Environment.ToColumn();
        (long last, byte[] head) = context.Lanes.Of(context.Connection, draft.Environment);
        StoredAuditRecord record = AuditChain.Append(draft, context.Node, last + 1, context.Now, head);
        byte[]? execution = draft.Execution?.ToColumn();

        context
            .Statement(Insert)
            .Bind("@environment", environment)
            .Bind("@lane", record.Lane)
            .Bind("@sequence", record.Sequence)
            .Bind("@id", ids.Next(record.At).ToColumn())
            .Bind("@version", (long)record.Version)
            .Bind("@kind", (long)draft.Kind)
            .Bind("@execution", execution)
            .Bind("@identifier", draft.Identifier)
            .Bind("@run", draft.AgentRun)
            .Bind("@at", record.At.ToColumn())
            .Bind("@body", record.Body)
            .Bind("@personal", record.Personal)
            .Bind("@hash", record.Hash)
            .Run();
        context.Lanes.Move(record);
        if (execution is not null)
        {
            FollowCall(context, draft.Kind, environment, execution, record);
        }

        return record;
    }

    /// <summary>An intent waits for its completion; what still waits after a crash has an unknown outcome.</summary>
    private static void FollowCall(
        WriteContext context,
        AuditKind kind,
        byte[] environment,
        byte[] execution,
        StoredAuditRecord record
    )
    {
        if (kind == AuditKind.Intent)
        {
            context
                .Statement(OpenCall)
                .Bind("@environment", environment)
                .Bind("@execution", execution)
                .Bind("@process", context.Process)
                .Bind("@lane", record.Lane)
                .Bind("@sequence", record.Sequence)
                .Run();
        }
        else if (kind == AuditKind.Completion)
        {
            context.Statement(CloseCall).Bind("@environment", environment).Bind("@execution", execution).Run();
        }
    }
}
