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

    private readonly ConcurrentDictionary<RevocationJobId, ConnectionId> _running = new();
    private readonly ConcurrentDictionary<ConnectionId, int> _places = new();

    /// <returns>True when more is waiting.</returns>
    public async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        ConnectionId[] full = [.. _places.Where(one => one.Value >= PerConnection).Select(one => one.Key)];
        IReadOnlyList<RevocationJob> due = await store.DueAsync(Portion, full, cancellationToken);
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

                if (TryEnter(job))
                {
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

    private bool TryEnter(RevocationJob job)
    {
        if (_places.AddOrUpdate(job.Connection, 1, (_, places) => places + 1) <= PerConnection)
        {
            _running[job.Id] = job.Connection;
            return true;
        }

        Leave(job.Connection);
        return false;
    }

    private void Leave(ConnectionId connection)
    {
        if (_places.AddOrUpdate(connection, 0, (_, places) => places - 1) == 0)
        {
            _places.TryRemove(KeyValuePair.Create(connection, 0));
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
            Leave(job.Connection);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2305, LogLevel.Error, "The revocation {Job} failed; it will be tried again")]
        public static partial void Failed(ILogger logger, RevocationJobId job, Exception exception);
    }
}
