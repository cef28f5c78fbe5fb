using Behalf.Recovery;

namespace Behalf.Server.Hosting;

/// <summary>
/// Compares the database with what this node saw of it before, and remembers it as it is now. A database that went back in
/// time is not served: tokens in it may have been replaced, and people who were revoked are connected in it.
/// </summary>
internal sealed class TrailWatch(IRecovery recovery, DataFolder folder)
{
    private TrailWitness? _written;

    /// <exception cref="StartupException">The database is older than what this node saw.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        TrailWitness now = await recovery.WitnessAsync(cancellationToken);
        if (
            (_written ?? WitnessFile.Read(folder)) is { } witness
            && await recovery.ContradictionAsync(witness, now, cancellationToken) is { } contradiction
        )
        {
            throw new StartupException(
                $"This database is older than the one this node served: {contradiction}. If a backup was put back, say so: behalf restore --data {folder.Root} (and --ledger with the exported revocations). If not, the right database is elsewhere."
            );
        }

        if (_written is null || !IsSame(_written, now))
        {
            WitnessFile.Write(folder, now);
            _written = now;
        }
    }

    private static bool IsSame(TrailWitness left, TrailWitness right) =>
        left.Restoration == right.Restoration && left.Heads.SequenceEqual(right.Heads, SameHead);

    private static readonly IEqualityComparer<TrailHead> SameHead = EqualityComparer<TrailHead>.Create(
        (left, right) => left!.Sequence == right!.Sequence && left.Hash.AsSpan().SequenceEqual(right.Hash)
    );
}
