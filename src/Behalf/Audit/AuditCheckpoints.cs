using System.Collections.Concurrent;

namespace Behalf.Audit;

internal sealed class AuditCheckpoints(IAuditStore store, AuditSigner signer, TimeProvider time) : IAuditCheckpoints
{
    private readonly ConcurrentDictionary<EnvironmentId, IReadOnlyList<AuditLaneHead>> _last = [];

    public async Task<bool> WriteAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        return await WriteAsync(environment, await store.HeadsAsync(environment, cancellationToken), cancellationToken);
    }

    public async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        foreach (
            IGrouping<EnvironmentId, AuditLaneHead> heads in (await store.AllHeadsAsync(cancellationToken)).ToLookup(
                one => one.Environment,
                one => one.Head
            )
        )
        {
            await WriteAsync(heads.Key, [.. heads], cancellationToken);
        }
    }

    private async Task<bool> WriteAsync(
        EnvironmentId environment,
        IReadOnlyList<AuditLaneHead> heads,
        CancellationToken cancellationToken
    )
    {
        if (heads.Count == 0 || IsSame(heads, await LastAsync(environment, cancellationToken)))
        {
            return false;
        }

        await store.AddCheckpointAsync(signer.Sign(environment, time.GetUtcNow(), heads), cancellationToken);
        _last[environment] = heads;
        return true;
    }

    private async Task<IReadOnlyList<AuditLaneHead>> LastAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        _last.TryGetValue(environment, out IReadOnlyList<AuditLaneHead>? known)
            ? known
            : _last[environment] = (await store.NewestCheckpointAsync(environment, cancellationToken))?.Heads ?? [];

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
