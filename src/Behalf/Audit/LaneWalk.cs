namespace Behalf.Audit;

/// <summary>One lane, record by record: sequence without gaps, every hash over the one before it.</summary>
/// <param name="anchor">The last record that retention removed; null: the lane is there from its first.</param>
internal sealed class LaneWalk(string lane, FaultList faults, AuditLaneHead? anchor = null)
{
    private byte[]? _previousHash = anchor?.Hash ?? AuditChain.Genesis.ToArray();

    /// <value>The highest sequence seen or removed; zero before the first record.</value>
    public long Last { get; private set; } = anchor?.Sequence ?? 0;

    public void Next(StoredAuditRecord stored, EnvironmentId environment)
    {
        CheckSequence(stored);
        CheckForm(stored, environment);
        if (_previousHash is not null && !AuditChain.HashOf(stored, _previousHash).AsSpan().SequenceEqual(stored.Hash))
        {
            faults.Add(lane, stored.Sequence, "the hash does not match: this record or the one before it was edited");
        }

        // Going on from the stored hash names each later fault by itself.
        _previousHash = stored.Hash is { Length: AuditChain.HashLength } ? stored.Hash : null;
        Last = Math.Max(Last, stored.Sequence);
    }

    private void CheckSequence(StoredAuditRecord stored)
    {
        if (stored.Sequence == Last + 1)
        {
            return;
        }

        // Without the record before it, the hash of this one cannot be checked.
        _previousHash = null;
        faults.Add(
            lane,
            stored.Sequence,
            stored.Sequence <= Last ? "the record is out of order or there twice"
                : stored.Sequence == Last + 2 ? $"record {Last + 1} is missing"
                : $"records {Last + 1} to {stored.Sequence - 1} are missing"
        );
    }

    private void CheckForm(StoredAuditRecord stored, EnvironmentId environment)
    {
        if (stored.Environment != environment)
        {
            faults.Add(lane, stored.Sequence, "the record is of another environment");
        }

        try
        {
            _ = AuditChain.Read(stored);
        }
        catch (AuditBrokenException broken)
        {
            faults.Add(lane, stored.Sequence, broken.Message);
        }
    }
}
