namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// One look that serves all who asked for it before it began; who asks while one is under way shares the next. Safe to call
/// concurrently.
/// </summary>
internal sealed class SharedLook(Func<Task> look)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _running;
    private TaskCompletionSource? _next;

    /// <summary>Completes with a look that began after this was called, or fails with it.</summary>
    public Task TakeAsync()
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_running is not null)
            {
                return (_next ??= NewTurn()).Task;
            }

            turn = _running = NewTurn();
        }

        _ = RunAsync(turn);
        return turn.Task;
    }

    private async Task RunAsync(TaskCompletionSource first)
    {
        for (TaskCompletionSource? turn = first; turn is not null; )
        {
            Exception? failure = null;
            try
            {
                await look();
            }
#pragma warning disable CA1031 // it belongs to those who wait
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            TaskCompletionSource done = turn;
            lock (_gate)
            {
                turn = _running = _next;
                _next = null;
            }

            if (failure is null)
            {
                done.SetResult();
            }
            else
            {
                done.SetException(failure);
                _ = done.Task.Exception; // observed even when those who asked have left
            }
        }
    }

    private static TaskCompletionSource NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
