using System.Security.Cryptography;
using Behalf.Vault;

namespace Behalf.Audit;

/// <summary>
/// Walks every lane of an environment beside the trail's writers. The trail may grow during the walk: heads and
/// checkpoints read before it must be covered, and nothing may stand behind the heads read after it.
/// </summary>
internal sealed class AuditVerifier(IAuditStore store, IVault vault)
{
    public async Task<AuditVerification> VerifyAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        FaultList faults = new();
        IReadOnlyList<AuditCheckpoint> checkpoints = await store.CheckpointsAsync(environment, cancellationToken);
        IReadOnlyList<AuditLaneHead> before = await store.HeadsAsync(environment, cancellationToken);
        ExpectedHashes expected = new();
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
                walks.Add(stored.Lane, walk = new LaneWalk(stored.Lane, faults));
            }

            walk.Next(stored, environment);
            expected.Meet(stored, faults);
            records++;
        }

        IReadOnlyList<AuditLaneHead> after = await store.HeadsAsync(environment, cancellationToken);
        CheckEnds(after, walks, faults);
        expected.ReportMissing(walks, faults);
        return new AuditVerification(records, walks.Count, checkpoints.Count, faults.ToArray());
    }

    private void Check(EnvironmentId environment, AuditCheckpoint checkpoint, ExpectedHashes expected, FaultList faults)
    {
        string name = $"the checkpoint of {checkpoint.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
        SigningKey? key = vault.SigningKeys(SigningPurpose.Audit).SingleOrDefault(key => key.Id == checkpoint.Key);
        bool authentic =
            checkpoint.Environment == environment
            && key is not null
            && key.Rsa.VerifyData(
                CheckpointFormat.BytesOf(checkpoint),
                checkpoint.Signature,
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pss
            );
        if (!authentic)
        {
            faults.Add(
                checkpoint.Heads is [var first, ..] ? first.Lane : string.Empty,
                checkpoint.Heads is [var head, ..] ? head.Sequence : 0,
                key is null ? $"{name} is signed by an unknown key" : $"{name} does not have a valid signature"
            );
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
