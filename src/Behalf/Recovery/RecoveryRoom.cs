using Behalf.Connections;

namespace Behalf.Recovery;

internal sealed class RecoveryRoom(IRecoveryStore store, IConnections connections, TimeProvider time) : IRecovery
{
    public Task<TrailWitness> WitnessAsync(CancellationToken cancellationToken) => store.LookAsync(cancellationToken);

    public async Task<string?> ContradictionAsync(
        TrailWitness witness,
        TrailWitness now,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(witness);
        ArgumentNullException.ThrowIfNull(now);
        if (now.Restoration != witness.Restoration)
        {
            return IsNewer(now.Restoration, witness.Restoration)
                ? null
                : $"it was restored on {witness.Restoration!.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, and this database knows nothing of it";
        }

        IReadOnlyList<TrailHead> missing = await store.MissingAsync(witness.Heads, cancellationToken);
        return missing.Count == 0
            ? null
            : $"its audit trail ended with record {missing[0].Sequence} of lane {missing[0].Lane}, which is not in this database";
    }

    public Task<RestorationEffect> AcceptAsync(CancellationToken cancellationToken) =>
        store.AcceptAsync(Guid.CreateVersion7(time.GetUtcNow()), cancellationToken);

    public async Task<int> ApplyAsync(
        IAsyncEnumerable<(EnvironmentId Environment, AccountId Account, long Generation)> ledger,
        CancellationToken cancellationToken
    )
    {
        int stopped = 0;
        await foreach (
            (EnvironmentId environment, AccountId account, long generation) in ledger.WithCancellation(
                cancellationToken
            )
        )
        {
            if (await connections.StopAgainAsync(environment, account, generation, cancellationToken))
            {
                stopped++;
            }
        }

        return stopped;
    }

    private static bool IsNewer(Restoration? here, Restoration? there) =>
        here is not null && (there is null || here.At > there.At);
}
