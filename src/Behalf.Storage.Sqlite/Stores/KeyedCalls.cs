using Behalf.Audit;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>
/// The rows of calls with a key, inside the transactions of intent and completion. On the path of every write, so its
/// statements are prepared and bound by hand.
/// </summary>
internal static class KeyedCalls
{
    private const string Columns =
        "SELECT execution_id, content_digest, state, answer, outcome_sealed, expires_at FROM idempotency";

    private static readonly Sql ByKey = new(
        $"{Columns} WHERE environment_id = @environment AND principal = @principal AND key_digest = @key"
    );

    private static readonly Sql ByExecution = new(
        $"{Columns} WHERE environment_id = @environment AND execution_id = @execution"
    );

    private static readonly Sql Insert = new(
        """
        INSERT INTO idempotency
          (environment_id, principal, key_digest, named, content_digest, execution_id, state, answer, expires_at)
        VALUES
          (@environment, @principal, @key, @named, @content, @execution, @state, @answer, @expires)
        ON CONFLICT (environment_id, principal, key_digest) DO UPDATE SET
          named = excluded.named, content_digest = excluded.content_digest, execution_id = excluded.execution_id,
          state = excluded.state, answer = excluded.answer, outcome_sealed = NULL, expires_at = excluded.expires_at
        """
    );

    private static readonly Sql Finish = new(
        """
        UPDATE idempotency
        SET state = @state, outcome_sealed = @outcome, expires_at = CASE named WHEN 1 THEN expires_at ELSE @expires END
        WHERE environment_id = @environment AND principal = @principal AND key_digest = @key
          AND execution_id = @execution AND state = 1
        """
    );

    private static readonly Sql Free = new(
        """
        DELETE FROM idempotency
        WHERE environment_id = @environment AND principal = @principal AND key_digest = @key
          AND execution_id = @execution AND state = 1
        """
    );

    private static readonly Sql Abandon = new(
        """
        UPDATE idempotency
        SET state = 4, expires_at = CASE named WHEN 1 THEN expires_at ELSE @expires END
        WHERE environment_id = @environment AND execution_id = @execution AND state = 1
        """
    );

    public static PriorCall? Find(WriteContext context, CallIntent intent, CallKey key) =>
        Read(Bound(context.Statement(ByKey), intent.Subject.Environment, intent.Subject.Principal.ClientId, key));

    public static PriorCall? Find(PreparedConnection connection, EnvironmentId environment, ExecutionId execution) =>
        Read(
            connection
                .Statement(ByExecution)
                .Bind("@environment", environment.ToColumn())
                .Bind("@execution", execution.ToColumn())
        );

    public static void Begin(WriteContext context, CallIntent intent, CallKey key, DateTimeOffset at) =>
        Bound(context.Statement(Insert), intent.Subject.Environment, intent.Subject.Principal.ClientId, key)
            .Bind("@named", key.IsNamed ? 1L : 0L)
            .Bind("@content", key.Content)
            .Bind("@execution", intent.Execution.ToColumn())
            .Bind("@state", (long)CallState.Running)
            .Bind("@answer", (long)AnswerFate.Open)
            .Bind("@expires", (at + CallKey.Life).ToColumn())
            .Run();

    public static void End(WriteContext context, AuditDraft completion, string principal, CallKey key, CallEnd end)
    {
        Statement statement = Bound(
                context.Statement(end.State == CallState.Unsent ? Free : Finish),
                completion.Environment,
                principal,
                key
            )
            .Bind("@execution", completion.Execution?.ToColumn());
        if (end.State != CallState.Unsent)
        {
            statement
                .Bind("@state", (long)end.State)
                .Bind("@outcome", end.OutcomeSealed)
                .Bind("@expires", (context.Now + end.RepeatableFor).ToColumn());
        }

        statement.Run();
    }

    /// <summary>Its process is gone: whoever repeats it is told that nobody knows.</summary>
    public static void EndUnknown(WriteContext context, AuditDraft completion) =>
        context
            .Statement(Abandon)
            .Bind("@environment", completion.Environment.ToColumn())
            .Bind("@execution", completion.Execution?.ToColumn())
            .Bind("@expires", (context.Now + CallKey.RepeatWindow).ToColumn())
            .Run();

    private static Statement Bound(Statement statement, EnvironmentId environment, string principal, CallKey key) =>
        statement.Bind("@environment", environment.ToColumn()).Bind("@principal", principal).Bind("@key", key.Value);

    private static PriorCall? Read(Statement statement)
    {
        using Statement.Rows row = statement.Query();
        return row.Read()
            ? new PriorCall
            {
                Execution = row.Bytes(0).ToId<ExecutionId>(),
                Content = row.Text(1),
                State = (CallState)row.Number(2),
                Answer = (AnswerFate)row.Number(3),
                OutcomeSealed = row.BytesOrNull(4),
                ExpiresAt = row.Number(5).ToInstant(),
            }
            : null;
    }
}
