using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Behalf.Audit;

/// <summary>
/// Records that must be kept although what they tell has happened already: completions and denials. The first attempt is
/// awaited; what fails is retried, as much at once as is committed together, until stored, while the process lives. What is
/// still here when the process ends is completed at the next start (<see cref="IAuditStore.CompleteAbandonedAsync"/>). Safe to
/// call concurrently.
/// </summary>
internal sealed partial class AuditBacklog : IAsyncDisposable
{
    /// <value>Records that may wait. No call starts during an outage, so they are what was in flight, and denials.</value>
    public const int Capacity = 10_000;

    /// <value>Records that are tried together: the store commits as many at once.</value>
    private const int Bundle = 128;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly IAuditStore _store;
    private readonly AuditOutage _outage;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditBacklog> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<Task> _worker;
    private readonly Channel<AuditEntry> _waiting = Channel.CreateBounded<AuditEntry>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true }
    );

    private bool _isStoring;
    private int _lost;

    public AuditBacklog(IAuditStore store, AuditOutage outage, TimeProvider time, ILogger<AuditBacklog> logger)
    {
        _store = store;
        _outage = outage;
        _time = time;
        _logger = logger;
        _worker = new Lazy<Task>(() => Task.Run(WorkAsync));
    }

    /// <summary>Never throws. Returns once the record is stored, or waits in the backlog.</summary>
    /// <returns>Whether it is stored by now.</returns>
    public async Task<bool> AppendAsync(AuditEntry entry)
    {
        switch (await TryAsync(entry))
        {
            case Attempt.Stored:
                return true;
            case Attempt.Failed:
                Keep(entry);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Makes one last attempt for each record that waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        if (_worker.IsValueCreated)
        {
            await _worker.Value;
        }

        _stopping.Dispose();
    }

    private void Keep(AuditEntry entry)
    {
        if (!_waiting.Writer.TryWrite(entry))
        {
            Lose(entry, failure: null);
            return;
        }

        Telemetry.Backlog(1);
        _ = _worker.Value;
    }

    private async Task WorkAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            List<AuditEntry> bundle = new(Bundle);
            while (bundle.Count < Bundle && _waiting.Reader.TryRead(out AuditEntry? entry))
            {
                bundle.Add(entry);
            }

            await StoreAsync(bundle);
        }

        if (_lost > 0)
        {
            Log.LostInAll(_logger, _lost);
        }
    }

    /// <summary>Pauses before each attempt but those that follow one which stored something.</summary>
    private async Task StoreAsync(IReadOnlyList<AuditEntry> bundle)
    {
        TimeSpan pause = _isStoring ? TimeSpan.Zero : FirstPause;
        while (bundle.Count > 0)
        {
            if (pause > TimeSpan.Zero)
            {
                await PauseAsync(pause);
            }

            Attempt[] attempts = await Task.WhenAll(
                bundle.Select(entry => Task.Run(() => TryAsync(entry))) // beside each other, so that they are committed together
            );
            List<AuditEntry> failed = [.. bundle.Where((_, i) => attempts[i] == Attempt.Failed)];
            Telemetry.Backlog(failed.Count - bundle.Count);
            _isStoring = failed.Count < bundle.Count;
            bundle = failed;
            if (bundle.Count > 0 && _stopping.IsCancellationRequested)
            {
                foreach (AuditEntry entry in bundle)
                {
                    Lose(entry, failure: null);
                }

                Telemetry.Backlog(-bundle.Count);
                return;
            }

            pause =
                _isStoring || pause == TimeSpan.Zero ? FirstPause
                : pause * 2 < LongestPause ? pause * 2
                : LongestPause;
        }
    }

    private async Task<Attempt> TryAsync(AuditEntry entry)
    {
        try
        {
            await (
                entry.Kept is { } kept
                    ? _store.CompleteAsync(entry.Draft, kept.Principal, kept.Key, kept.End, CancellationToken.None)
                : entry.IsPatient ? _store.AppendSoonAsync(entry.Draft)
                : _store.AppendAsync(entry.Draft, CancellationToken.None)
            );
            _outage.Ended();
            return Attempt.Stored;
        }
        catch (Exception failure) when (AuditOutage.IsStorageFailure(failure))
        {
            _outage.Began(failure);
            return Attempt.Failed;
        }
        catch (Exception bug)
        {
            // Another attempt would end like this one, and hold up what waits behind it.
            Lose(entry, bug);
            return Attempt.Lost;
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the attempt that follows is the last.
        }
    }

    private void Lose(AuditEntry entry, Exception? failure)
    {
        if (Interlocked.Increment(ref _lost) == 1)
        {
            Log.Lost(_logger, entry.Draft.Kind, entry.Draft.Execution, failure);
        }
    }

    private enum Attempt
    {
        Stored,
        Failed,
        Lost,
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 4003,
            Level = LogLevel.Error,
            Message = "A {Kind} record of {Execution} could not be stored; a call without completion is completed as unknown at the next start"
        )]
        public static partial void Lost(ILogger logger, AuditKind kind, ExecutionId? execution, Exception? failure);

        [LoggerMessage(
            EventId = 4004,
            Level = LogLevel.Error,
            Message = "{Count} audit records could not be stored before the end of the process"
        )]
        public static partial void LostInAll(ILogger logger, int count);
    }
}

/// <summary>A record, and for the completion of a call with a key what its repeats get.</summary>
internal sealed record AuditEntry(AuditDraft Draft)
{
    public KeptEnd? Kept { get; init; }

    /// <value>Nobody waits until it is stored.</value>
    public bool IsPatient { get; init; }
}

internal sealed record KeptEnd(string Principal, CallKey Key, CallEnd End);
