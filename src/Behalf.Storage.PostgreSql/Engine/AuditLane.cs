using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// This node's lane: one transaction at a time gives its records their places and commits, so the chain has no gaps.
/// Holding it never waits for a row of another transaction. Safe to call concurrently.
/// </summary>
internal sealed class AuditLane(NodeName node, OrderedIds ids) : IDisposable
{
    private const string Commit = "COMMIT";

    private readonly SemaphoreSlim _one = new(1, 1);

    public NodeName Node => node;

    public Task EnterAsync() => _one.WaitAsync();

    public void Leave() => _one.Release();

    /// <summary>Places for what is appended next in this transaction; the lane is held.</summary>
    public LaneBundle Begin(LaneHeads heads) => new(node, heads, ids);

    /// <summary>Writes what the transaction leaves and commits it.</summary>
    public async Task CommitAsync(WriteContext context, Attempt attempt, NpgsqlTransaction transaction)
    {
        if (context.Records.Count == 0)
        {
            await CommitUnplacedAsync(context, attempt, transaction);
            return;
        }

        await EnterAsync();
        try
        {
            await CommitHeldAsync(context, attempt, transaction);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>As <see cref="CommitAsync"/>, for who holds the lane.</summary>
    public async Task CommitHeldAsync(WriteContext context, Attempt attempt, NpgsqlTransaction transaction)
    {
        if (context.Records.Count == 0)
        {
            await CommitUnplacedAsync(context, attempt, transaction);
            return;
        }

        LaneBundle bundle = Begin(await ReadAsync(context));
        foreach (Audit.AuditDraft record in context.Records)
        {
            bundle.Append(record);
        }

        await SendAsync(context, bundle, attempt);
    }

    /// <summary>
    /// What leaves no record needs no place in the chain, and so no lane. Events of one account keep their order, because the
    /// account's row is held until the commit.
    /// </summary>
    private async Task CommitUnplacedAsync(WriteContext context, Attempt attempt, NpgsqlTransaction transaction)
    {
        if (context.LeavesNothing)
        {
            attempt.Commits();
            await transaction.CommitAsync();
            return;
        }

        await SendAsync(context, Begin(LaneHeads.None(await context.NowAsync())), attempt);
    }

    /// <summary>With the events, and the commit.</summary>
    private static async Task SendAsync(WriteContext context, LaneBundle bundle, Attempt attempt)
    {
        foreach (Events.EventDraft happening in context.Events)
        {
            bundle.Append(happening);
        }

        await using NpgsqlBatch batch = context.Connection.CreateBatch();
        bundle.AddTo(batch);
        AddCommit(batch);
        attempt.Commits();
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>The last of the statements that travel together.</summary>
    public static void AddCommit(NpgsqlBatch batch) => batch.Add(Commit);

    public void Dispose() => _one.Dispose();

    private async Task<LaneHeads> ReadAsync(WriteContext context)
    {
        await using NpgsqlBatch batch = context.Connection.CreateBatch();
        LaneHeads.AddTo(
            batch,
            node,
            [.. context.Records.Select(record => record.Environment), .. context.Events.Select(e => e.Environment)]
        );
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        return await LaneHeads.ReadAsync(reader, node);
    }
}
