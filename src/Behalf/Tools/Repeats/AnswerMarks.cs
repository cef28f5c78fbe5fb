using Behalf.Audit;

namespace Behalf.Tools.Repeats;

/// <summary>
/// Notes whether answers went out. Off every call's path: what waits while one transaction runs goes into the next.
/// Safe to call concurrently.
/// </summary>
internal sealed class AnswerMarks(IRepeatStore store, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private List<AnswerMark> _waiting = [];
    private Task? _next;

    /// <summary>Completes once it is stored, or can no longer be of use.</summary>
    public Task AddAsync(AnswerMark mark)
    {
        lock (_gate)
        {
            _waiting.Add(mark);
            return _next ??= Task.Run(StoreAsync);
        }
    }

    private async Task StoreAsync()
    {
        List<AnswerMark> marks;
        lock (_gate)
        {
            (marks, _waiting) = (_waiting, []);
            _next = null;
        }

        for (TimeSpan waited = TimeSpan.Zero; waited < CallKey.RepeatWindow; waited += Pause)
        {
            try
            {
                await store.MarkAsync(marks, CancellationToken.None);
                return;
            }
            catch (StorageUnavailableException)
            {
                await Task.Delay(Pause, time); // no call starts meanwhile either
            }
        }
    }
}
