namespace Behalf.Authorization;

/// <summary>Wakes the background before its next turn. A wake while it works is not lost.</summary>
internal sealed class WorkSignal : IDisposable
{
    private readonly SemaphoreSlim _wakes = new(0, 1);

    public void Wake()
    {
        lock (_wakes)
        {
            if (_wakes.CurrentCount == 0)
            {
                _wakes.Release();
            }
        }
    }

    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task wake = _wakes.WaitAsync(turn.Token);
        Task pause = Task.Delay(atMost, time, turn.Token);
        Task first = await Task.WhenAny(wake, pause);
        await turn.CancelAsync();
        await Task.WhenAll(wake, pause)
            .ContinueWith(
                _ => { },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        if (first == pause && wake.IsCompletedSuccessfully)
        {
            Wake();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose() => _wakes.Dispose();
}
