using System.Collections.Concurrent;
using System.Security.Cryptography;
using Behalf.Vault;

namespace Behalf.Audit;

internal sealed class AuditCheckpoints(IAuditStore store, IVault vault, TimeProvider time) : IAuditCheckpoints
{
    private readonly ConcurrentDictionary<EnvironmentId, IReadOnlyList<AuditLaneHead>> _last = [];

    public async Task<bool> WriteAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        IReadOnlyList<AuditLaneHead> heads = await store.HeadsAsync(environment, cancellationToken);
        if (heads.Count == 0 || IsSame(heads, await LastAsync(environment, cancellationToken)))
        {
            return false;
        }

        SigningKey key = vault.SigningKeys(SigningPurpose.Audit).Single(candidate => candidate.IsActive);
        AuditCheckpoint unsigned = new(environment, time.GetUtcNow(), heads, key.Id, []);
        byte[] signature = key.Rsa.SignData(
            CheckpointFormat.BytesOf(unsigned),
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pss
        );
        await store.AddCheckpointAsync(unsigned with { Signature = signature }, cancellationToken);
        _last[environment] = heads;
        return true;
    }

    private async Task<IReadOnlyList<AuditLaneHead>> LastAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        _last.TryGetValue(environment, out IReadOnlyList<AuditLaneHead>? known)
            ? known
            : (await store.CheckpointsAsync(environment, cancellationToken)).MaxBy(checkpoint => checkpoint.At)?.Heads
                ?? [];

    private static bool IsSame(IReadOnlyList<AuditLaneHead> left, IReadOnlyList<AuditLaneHead> right) =>
        left.Count == right.Count
        && left.OrderBy(head => head.Lane, StringComparer.Ordinal)
            .Zip(right.OrderBy(head => head.Lane, StringComparer.Ordinal))
            .All(pair =>
                pair.First.Lane == pair.Second.Lane
                && pair.First.Sequence == pair.Second.Sequence
                && pair.First.Hash.AsSpan().SequenceEqual(pair.Second.Hash)
            );
}
