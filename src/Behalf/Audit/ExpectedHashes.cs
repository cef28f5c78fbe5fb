namespace Behalf.Audit;

/// <summary>What heads and authentic checkpoints say certain records' hashes are.</summary>
/// <param name="anchor">What stood before it cannot be met any more; what it names must be what others say.</param>
internal sealed class ExpectedHashes(AuditAnchor? anchor, FaultList faults)
{
    private readonly Dictionary<(string Lane, long Sequence), List<Expectation>> _expected = [];

    /// <param name="head">Sequence zero says that the lane is empty; there is nothing to meet then.</param>
    /// <param name="saidBy">For the fault's description.</param>
    public void Add(AuditLaneHead head, string saidBy)
    {
        if (head.Sequence == 0)
        {
            return;
        }

        if (anchor?.Of(head.Lane) is { } removed && head.Sequence <= removed.Sequence)
        {
            if (head.Sequence == removed.Sequence && !head.Hash.AsSpan().SequenceEqual(removed.Hash))
            {
                faults.Add(head.Lane, head.Sequence, $"the record that was removed is not the one of {saidBy}");
            }

            return;
        }

        if (!_expected.TryGetValue((head.Lane, head.Sequence), out List<Expectation>? those))
        {
            _expected.Add((head.Lane, head.Sequence), those = []);
        }

        // Minutes in which one lane rests say the same of it again.
        if (!those.Exists(other => other.Hash.AsSpan().SequenceEqual(head.Hash)))
        {
            those.Add(new Expectation(head.Hash, saidBy));
        }
    }

    public void Meet(StoredAuditRecord stored)
    {
        if (!_expected.Remove((stored.Lane, stored.Sequence), out List<Expectation>? those))
        {
            return;
        }

        foreach (Expectation expectation in those)
        {
            if (!expectation.Hash.AsSpan().SequenceEqual(stored.Hash))
            {
                faults.Add(stored.Lane, stored.Sequence, $"the record is not the one of {expectation.SaidBy}");
            }
        }
    }

    /// <summary>Call once all records were met.</summary>
    public void ReportMissing(IReadOnlyDictionary<string, LaneWalk> walks)
    {
        foreach (
            ((string lane, long sequence), List<Expectation> those) in _expected
                .OrderBy(pair => pair.Key.Lane, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.Sequence)
        )
        {
            long last = walks.TryGetValue(lane, out LaneWalk? walk) ? walk.Last : 0;
            string fault = last < sequence ? $"the lane was cut off after record {last}" : "the record is missing";
            faults.Add(lane, sequence, $"{fault}: {those[0].SaidBy} names it");
        }
    }

    private sealed record Expectation(byte[] Hash, string SaidBy);
}
