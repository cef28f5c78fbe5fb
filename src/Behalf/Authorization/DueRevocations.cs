using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>
/// Carries out the revocations that are due. A provider that is slow takes its connection's share of the places and no
/// other's: what it holds up goes on beside, and what is due elsewhere comes first meanwhile.
/// </summary>
internal sealed partial class DueRevocations(
    IRevocationStore store,
    Revoker revoker,
    TimeProvider time,
    ILogger<DueRevocations> logger
)
{
    private const int Portion = 100;
    private const int InParallel = 8;
    private const int PerConnection = 8;

    /// <summary>How long a turn waits for one of them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<RevocationJobId, byte> _running = new();
    private readonly ConnectionPlaces _places = new(PerConnection);

    /// <returns>True when more is waiting.</returns>
    public async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RevocationJob> due = await store.DueAsync(Portion, _places.Full, cancellationToken);
        ConcurrentBag<RevocationJob> left = [];
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = InParallel, CancellationToken = cancellationToken },
            async (job, token) =>
            {
                if (_running.ContainsKey(job.Id))
                {
                    return; // since an earlier turn
                }

                if (_places.TryEnter(job.Connection))
                {
                    _running[job.Id] = 0;
                    await BeginAsync(job, token);
                }
                else
                {
                    left.Add(job);
                }
            }
        );
        await store.LeaveAsync([.. left], cancellationToken);
        return due.Count >= Portion;
    }

    private async Task BeginAsync(RevocationJob job, CancellationToken cancellationToken)
    {
        try
        {
            await RevokeAsync(job, cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It goes on; its place in the connection's share is taken until it ends.
        }
    }

    private async Task RevokeAsync(RevocationJob job, CancellationToken cancellationToken)
    {
        try
        {
            await revoker.RevokeAsync(job, cancellationToken);
        }
#pragma warning disable CA1031 // logged; the others go on and this one comes up again
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.Failed(logger, job.Id, exception);
        }
        finally
        {
            _running.TryRemove(job.Id, out _);
            _places.Leave(job.Connection);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2305, LogLevel.Error, "The revocation {Job} failed; it will be tried again")]
        public static partial void Failed(ILogger logger, RevocationJobId job, Exception exception);
    }
}
