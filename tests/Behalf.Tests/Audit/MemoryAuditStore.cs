using System.Data.Common;
using System.Runtime.CompilerServices;
using Behalf.Audit;

namespace Behalf.Tests.Audit;

/// <summary>A trail in memory that a test can damage and make unavailable.</summary>
internal sealed class MemoryAuditStore(TimeProvider time) : IAuditStore, IAuditUpkeepStore
{
    private readonly Lock _gate = new();

    public List<StoredAuditRecord> Records { get; } = [];

    public Dictionary<string, AuditLaneHead> Heads { get; } = [];

    public List<AuditCheckpoint> Checkpoints { get; } = [];

    public AuditAnchor? Anchor { get; set; }

    /// <value>How many of the next writes fail.</value>
    public int Failures { get; set; }

    public Exception Failure { get; set; } = new StorageFailure();

    public int Attempts { get; private set; }

    public string Lane { get; set; } = "node-1";

    /// <value>What the next start answers; null starts.</value>
    public StartResult.Refused? Refusal { get; set; }

    /// <value>Completed by the test before a start commits.</value>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <value>Gets each record once it is stored.</value>
    public Action<AuditRecord> Stored { get; set; } = _ => { };

    public async Task<StartResult> StartAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        if (Refusal is { } refusal)
        {
            Append(CallRecords.Denial(intent, refusal));
            return refusal;
        }

        Append(CallRecords.Intent(intent));
        return new StartResult.Started(new StartedCall(intent, Calls.Credential(intent), time.GetUtcNow()));
    }

    public Task AppendAsync(AuditDraft draft, CancellationToken cancellationToken)
    {
        Append(draft);
        return Task.CompletedTask;
    }

    public Task AppendSoonAsync(AuditDraft draft) => AppendAsync(draft, CancellationToken.None);

    public Task CompleteAsync(
        AuditDraft completion,
        string principal,
        CallKey key,
        CallEnd end,
        CancellationToken cancellationToken
    ) => AppendAsync(completion, cancellationToken);

    public Task<Page<AuditRecord>> ListAsync(
        AuditFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => Task.FromResult(new Page<AuditRecord>([.. Records.Select(AuditChain.Read)], null, null, Records.Count));

    public async IAsyncEnumerable<StoredAuditRecord> ReadAsync(
        EnvironmentId environment,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (
            StoredAuditRecord record in Records
                .OrderBy(record => record.Lane, StringComparer.Ordinal)
                .ThenBy(record => record.Sequence)
                .ToArray()
        )
        {
            await Task.CompletedTask;
            yield return record;
        }
    }

    public Task<IReadOnlyList<AuditLaneHead>> HeadsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<AuditLaneHead>>([.. Heads.Values]);

    public Task<IReadOnlyList<(EnvironmentId Environment, AuditLaneHead Head)>> AllHeadsAsync(
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<(EnvironmentId, AuditLaneHead)>>([
            .. Heads.Values.Select(head => (Records[^1].Environment, head)),
        ]);

    public Task<AuditCheckpoint?> NewestCheckpointAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => Task.FromResult(Checkpoints.LastOrDefault());

    public Task AddCheckpointAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        Checkpoints.Add(checkpoint);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<AuditCheckpoint>>([.. Checkpoints]);

    public Task<AuditAnchor?> AnchorAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        Task.FromResult(Anchor);

    public Task<int> RedactAsync(
        EnvironmentId environment,
        string identifier,
        int limit,
        CancellationToken cancellationToken
    ) => Task.FromResult(Redact(record => AuditChain.Read(record).Draft.Identifier == identifier));

    public Task<int> RedactAsync(
        EnvironmentId environment,
        IReadOnlyList<(string Lane, long Sequence)> records,
        CancellationToken cancellationToken
    ) => Task.FromResult(Redact(record => records.Contains((record.Lane, record.Sequence))));

    public Task RedactLogsAsync(EnvironmentId environment, string identifier, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<StoredAuditRecord>> OldestAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<StoredAuditRecord>>([
            .. Records.GroupBy(record => record.Lane).SelectMany(lane => lane.TakeWhile(record => record.At < before)),
        ]);

    public Task<bool> RemoveAsync(
        AuditAnchor next,
        AuditAnchor? previous,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        Anchor = next;
        Records.RemoveAll(record => record.Sequence <= (next.Of(record.Lane)?.Sequence ?? 0));
        foreach (AuditDraft draft in traces.Audit)
        {
            Append(draft);
        }

        return Task.FromResult(true);
    }

    public Task RemoveLogsAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    ) => Task.CompletedTask;

    private int Redact(Func<StoredAuditRecord, bool> which)
    {
        int redacted = 0;
        for (int i = 0; i < Records.Count; i++)
        {
            if (Records[i].Personal is not null && which(Records[i]))
            {
                Records[i] = Records[i] with { Personal = null };
                redacted++;
            }
        }

        return redacted;
    }

    public Task<int> CompleteAbandonedAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    private void Append(AuditDraft draft)
    {
        StoredAuditRecord stored;
        lock (_gate)
        {
            Attempts++;
            if (Failures > 0)
            {
                Failures--;
                throw Failure;
            }

            Heads.TryGetValue(Lane, out AuditLaneHead? head);
            stored = AuditChain.Append(
                draft,
                Lane,
                (head?.Sequence ?? 0) + 1,
                time.GetUtcNow(),
                head is null ? AuditChain.Genesis : head.Hash
            );
            Records.Add(stored);
            Heads[Lane] = new AuditLaneHead(Lane, stored.Sequence, stored.Hash);
        }

        Stored(AuditChain.Read(stored));
    }

    private sealed class StorageFailure() : DbException("disk I/O error");
}
