namespace Behalf.Audit;

/// <summary>
/// Walks every lane of an environment beside the trail's writers. The trail may grow during the walk: heads and
/// checkpoints read before it must be covered, and nothing may stand behind the heads read after it.
/// </summary>
internal sealed class AuditVerifier(IAuditStore store, AuditSigner signer)
{
    private const int MostTries = 5;

    /// <exception cref="TimeoutException">Retention removed records during each of several walks.</exception>
    public async Task<AuditVerification> VerifyAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MostTries; attempt++)
        {
            AuditAnchor? anchor = await store.AnchorAsync(environment, cancellationToken);
            AuditVerification verification = await WalkAsync(environment, anchor, cancellationToken);
            if (IsSame(anchor, await store.AnchorAsync(environment, cancellationToken)))
            {
                return verification;
            }
        }

        throw new TimeoutException("Old records are being removed: verify again when that is done.");
    }

    private static bool IsSame(AuditAnchor? left, AuditAnchor? right) =>
        left is null
            ? right is null
            : right is not null && left.Statement.Signature.AsSpan().SequenceEqual(right.Statement.Signature);

    private async Task<AuditVerification> WalkAsync(
        EnvironmentId environment,
        AuditAnchor? stated,
        CancellationToken cancellationToken
    )
    {
        FaultList faults = new();
        AuditAnchor? anchor = Authentic(environment, stated, faults);
        IReadOnlyList<AuditCheckpoint> checkpoints = await store.CheckpointsAsync(environment, cancellationToken);
        IReadOnlyList<AuditLaneHead> before = await store.HeadsAsync(environment, cancellationToken);
        ExpectedHashes expected = new(anchor, faults);
        foreach (AuditLaneHead head in before)
        {
            expected.Add(head, "the lane's head");
        }

        foreach (AuditCheckpoint checkpoint in checkpoints)
        {
            Check(environment, checkpoint, expected, faults);
        }

        Dictionary<string, LaneWalk> walks = [];
        long records = 0;
        await foreach (StoredAuditRecord stored in store.ReadAsync(environment, cancellationToken))
        {
            if (!walks.TryGetValue(stored.Lane, out LaneWalk? walk))
            {
                walks.Add(stored.Lane, walk = new LaneWalk(stored.Lane, faults, anchor?.Of(stored.Lane)));
            }

            walk.Next(stored, environment);
            expected.Meet(stored);
            records++;
        }

        IReadOnlyList<AuditLaneHead> after = await store.HeadsAsync(environment, cancellationToken);
        CheckEnds(after, walks, faults);
        expected.ReportMissing(walks);
        return new AuditVerification(records, walks.Count, checkpoints.Count, faults.ToArray());
    }

    /// <summary>Without a valid signature it is none: then the records it speaks of are missing.</summary>
    private AuditAnchor? Authentic(EnvironmentId environment, AuditAnchor? anchor, FaultList faults)
    {
        if (anchor is null || signer.FaultOf(environment, anchor) is not { } fault)
        {
            return anchor;
        }

        AuditLaneHead? first = anchor.Heads.Count > 0 ? anchor.Heads[0] : null;
        faults.Add(first?.Lane ?? string.Empty, first?.Sequence ?? 0, $"the anchor of what was removed {fault}");
        return null;
    }

    private void Check(EnvironmentId environment, AuditCheckpoint checkpoint, ExpectedHashes expected, FaultList faults)
    {
        string name = $"the checkpoint of {checkpoint.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
        if (signer.FaultOf(environment, checkpoint) is { } fault)
        {
            AuditLaneHead? first = checkpoint.Heads.Count > 0 ? checkpoint.Heads[0] : null;
            faults.Add(first?.Lane ?? string.Empty, first?.Sequence ?? 0, $"{name} {fault}");
            return;
        }

        foreach (AuditLaneHead head in checkpoint.Heads)
        {
            expected.Add(head, name);
        }
    }

    private static void CheckEnds(
        IReadOnlyList<AuditLaneHead> heads,
        Dictionary<string, LaneWalk> walks,
        FaultList faults
    )
    {
        Dictionary<string, long> ends = heads.ToDictionary(head => head.Lane, head => head.Sequence);
        foreach ((string lane, LaneWalk walk) in walks)
        {
            if (!ends.TryGetValue(lane, out long end))
            {
                faults.Add(lane, walk.Last, "the lane has records but no head");
            }
            else if (walk.Last > end)
            {
                faults.Add(lane, walk.Last, $"records stand behind the lane's head, which is {end}");
            }
        }
    }
}
