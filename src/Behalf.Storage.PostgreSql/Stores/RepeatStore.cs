using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class RepeatStore(PostgreSqlDatabase database) : IRepeatStore
{
    /// <summary>Removed in one transaction.</summary>
    private const int Bundle = 500;

    public Task<PriorCall?> FindAsync(
        EnvironmentId environment,
        ExecutionId execution,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async session =>
                (
                    await session.FindAsync<Row>(
                        """
                        SELECT execution_id, content_digest, state, answer, outcome_sealed, expires_at FROM idempotency
                        WHERE environment_id = @environment AND execution_id = @execution
                        """,
                        new { environment = environment.ToColumn(), execution = execution.ToColumn() }
                    )
                )?.ToCall(),
            cancellationToken
        );

    public Task MarkAsync(IReadOnlyList<AnswerMark> marks, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.ExecuteAsync(
                    """
                    UPDATE idempotency i SET answer = CASE WHEN m.delivered THEN @delivered ELSE @lost END
                    FROM unnest(@environments, @executions, @marks) AS m (environment_id, execution_id, delivered)
                    WHERE i.environment_id = m.environment_id AND i.execution_id = m.execution_id
                      AND i.answer <> @delivered
                    """,
                    new
                    {
                        environments = marks.Select(mark => mark.Environment.Value).ToArray(),
                        executions = marks.Select(mark => mark.Execution.Value).ToArray(),
                        marks = marks.Select(mark => mark.IsDelivered).ToArray(),
                        delivered = (int)AnswerFate.Delivered,
                        lost = (int)AnswerFate.Lost,
                    }
                ),
            cancellationToken
        );

    public Task<int> RemoveExpiredAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.ExecuteAsync(
                    """
                    DELETE FROM idempotency WHERE (environment_id, principal, key_digest) IN (
                      SELECT environment_id, principal, key_digest FROM idempotency WHERE expires_at <= behalf_now()
                      LIMIT @limit FOR UPDATE SKIP LOCKED)
                    """,
                    new { limit = Bundle }
                ),
            cancellationToken
        );

    /// <summary>Its process is gone: whoever repeats it is told that nobody knows.</summary>
    internal static Task EndUnknownAsync(WriteContext context, AuditDraft completion) =>
        context.ExecuteAsync(
            """
            UPDATE idempotency
            SET state = 4, expires_at = CASE WHEN named THEN expires_at ELSE behalf_now() + @window END
            WHERE environment_id = @environment AND execution_id = @execution AND state = 1
            """,
            new
            {
                environment = completion.Environment.ToColumn(),
                execution = completion.Execution?.ToColumn(),
                window = CallKey.RepeatWindow.ToColumn(),
            }
        );

    private sealed class Row
    {
        public required Guid ExecutionId { get; init; }
        public required string ContentDigest { get; init; }
        public required int State { get; init; }
        public required int Answer { get; init; }
        public byte[]? OutcomeSealed { get; init; }
        public required long ExpiresAt { get; init; }

        public PriorCall ToCall() =>
            new()
            {
                Execution = ExecutionId.ToId<ExecutionId>(),
                Content = ContentDigest,
                State = (CallState)State,
                Answer = (AnswerFate)Answer,
                OutcomeSealed = OutcomeSealed,
                ExpiresAt = ExpiresAt.ToInstant(),
            };
    }
}
