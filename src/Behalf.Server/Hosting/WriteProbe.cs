namespace Behalf.Server.Hosting;

/// <summary>
/// Whether the database takes writes, asked by one write for all who want to know at the same time, and not again within a
/// second: a probe needs no credential. Safe to call concurrently.
/// </summary>
internal sealed class WriteProbe(IDatabase database)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task? _answer;
    private long _askedAt;

    /// <summary>As <see cref="IDatabase.RequireWritableAsync"/>.</summary>
    /// <exception cref="StorageUnavailableException">It does not.</exception>
    public Task AskAsync()
    {
        lock (_gate)
        {
            // The system's clock, also in tests: a probe's time is its own.
            if (
                _answer is { IsCompleted: false }
                || _answer is not null && TimeProvider.System.GetElapsedTime(_askedAt) < Kept
            )
            {
                return _answer;
            }

            _askedAt = TimeProvider.System.GetTimestamp();
            _answer = database.RequireWritableAsync(CancellationToken.None);
            _ = _answer.ContinueWith(
                static failed => failed.Exception, // observed, also when those who asked have left
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            return _answer;
        }
    }
}
