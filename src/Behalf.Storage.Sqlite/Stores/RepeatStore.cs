using Behalf.Audit;
using Behalf.Storage.Sqlite.Columns;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class RepeatStore(SqliteDatabase database) : IRepeatStore
{
    /// <summary>Removed in one transaction, which bounds how long calls wait for it.</summary>
    private const int Bundle = 500;

    public Task<PriorCall?> FindAsync(
        EnvironmentId environment,
        ExecutionId execution,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => KeyedCalls.Find(connection, environment, execution), cancellationToken);

    public Task MarkAsync(IReadOnlyList<AnswerMark> marks, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                foreach (AnswerMark mark in marks)
                {
                    context.Execute(
                        """
                        UPDATE idempotency SET answer = @answer
                        WHERE environment_id = @environment AND execution_id = @execution AND answer <> @delivered
                        """,
                        new
                        {
                            environment = mark.Environment.ToColumn(),
                            execution = mark.Execution.ToColumn(),
                            answer = (int)(mark.IsDelivered ? AnswerFate.Delivered : AnswerFate.Lost),
                            delivered = (int)AnswerFate.Delivered,
                        }
                    );
                }
            },
            cancellationToken
        );

    public Task<int> RemoveExpiredAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.Execute(
                    """
                    DELETE FROM idempotency WHERE rowid IN
                      (SELECT rowid FROM idempotency WHERE expires_at <= behalf_now() LIMIT @limit)
                    """,
                    new { limit = Bundle }
                ),
            cancellationToken
        );
}
