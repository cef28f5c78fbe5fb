using Behalf.Audit;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// This node's lane: one transaction at a time gives its records their places and commits, so the chain has no gaps.
/// Holding it never waits for a row of another transaction. Safe to call concurrently.
/// </summary>
internal sealed class AuditLane(NodeName node, OrderedIds ids) : IDisposable
{
    private const string Commit = "COMMIT";

    /// <summary>Environments whose heads are remembered. When there are more, memory begins anew.</summary>
    private const int MostKnown = 10_000;

    /// <summary>
    /// In the database, too, the lane is one transaction's at a time: also one whose connection was lost goes on, and who comes
    /// after it waits until it is over, and sees what it did. One whose node was cut off does not hold it up for ever.
    /// </summary>
    private const string Lock = "pg_advisory_xact_lock(1651861601, hashtext($1))";

    private const string NotIdle = "set_config('idle_in_transaction_session_timeout', '10s', true)";

    private const string Limits = $"{NotIdle}, set_config('statement_timeout', '20s', true)";

    private const string Entry = $"SELECT {Planning.ByKeys}, {Limits}, {Lock}";

    private static readonly string EntryOfCalls = $"SELECT {Planning.ByKeys}, {Limits}, {Lock}, {Withdrawal.Share}";

    private const string Holds = """
        SELECT 1 FROM audit_record WHERE environment_id = $1 AND lane = $2 AND sequence = $3 AND hash = $4
        """;

    private static readonly TimeSpan Jitter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<EnvironmentId, (long Sequence, byte[] Hash)> _known = [];
    private DateTimeOffset _newest;

    public NodeName Node => node;

    public Task EnterAsync() => _one.WaitAsync();

    public void Leave() => _one.Release();

    /// <summary>In the database, before anything else of a transaction that changes rows which bundles of calls change as well.</summary>
    public async Task EnterAsync(WriteContext context)
    {
        await using NpgsqlBatch batch = context.Connection.CreateBatch();
        batch.Add($"SELECT {NotIdle}, {Lock}", node.Name);
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>Places for what is appended next in this transaction; the lane is held.</summary>
    public LaneBundle Begin(LaneHeads heads)
    {
        Forget(heads.Heads.Keys);
        return new LaneBundle(node, heads with { Now = NotBeforeNewest(heads.Now) }, ids);
    }

    /// <summary>
    /// As <see cref="Begin"/>, after what this node itself committed last: nobody else writes its lane, but a process that
    /// took its name, so whether it still stands there is for the transaction to find out.
    /// </summary>
    /// <param name="now">The database's time, as this node knows it.</param>
    /// <returns>Null: where the lane stands is not known of each environment.</returns>
    public LaneBundle? BeginAfterLast(IReadOnlyCollection<EnvironmentId> environments, DateTimeOffset now)
    {
        Dictionary<EnvironmentId, (long, byte[])> heads = new(environments.Count);
        foreach (EnvironmentId environment in environments)
        {
            if (!_known.TryGetValue(environment, out (long, byte[]) head))
            {
                return null;
            }

            heads[environment] = head;
        }

        return Begin(new LaneHeads(now.ToColumn().ToInstant(), heads));
    }

    /// <summary>It is committed: what comes next may begin after it. The lane is held still.</summary>
    public void Keep(LaneBundle committed)
    {
        if (_known.Count > MostKnown)
        {
            _known.Clear();
        }

        foreach ((EnvironmentId environment, (long, byte[]) head) in committed.Heads)
        {
            _known[environment] = head;
        }

        _newest = committed.Now;
    }

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
        Keep(bundle);
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

        LaneBundle unplaced = new(node, LaneHeads.None(await context.NowAsync()), ids);
        await SendAsync(context, unplaced, attempt);
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

    /// <summary>
    /// The first of the statements that travel together, with one row for its answer. What follows it sees what was committed
    /// before, in this lane and of withdrawals.
    /// </summary>
    public void AddEntry(NpgsqlBatch batch, bool hasCalls) => batch.Add(hasCalls ? EntryOfCalls : Entry, node.Name);

    /// <summary>
    /// For what was sent and never acknowledged, once the lane was entered: whether it is stored. The transaction that it was
    /// sent in is over, or will find the lane moved on.
    /// </summary>
    public static async Task<bool> HoldsAsync(NpgsqlConnection connection, StoredAuditRecord record)
    {
        await using NpgsqlBatch batch = connection.CreateBatch();
        batch.Add(Holds, record.Environment.Value, record.Lane, record.Sequence, record.Hash);
        return await batch.ExecuteScalarAsync() is not null;
    }

    /// <summary>The last of the statements that travel together.</summary>
    public static void AddCommit(NpgsqlBatch batch) => batch.Add(Commit);

    public void Dispose() => _one.Dispose();

    /// <summary>Two ways to know the time differ by a little; the lane's records shall not go back by that.</summary>
    private DateTimeOffset NotBeforeNewest(DateTimeOffset now) =>
        now < _newest && _newest - now < Jitter ? _newest : now;

    /// <summary>Until it is committed nobody knows where the lane stands.</summary>
    private void Forget(IEnumerable<EnvironmentId> environments)
    {
        foreach (EnvironmentId environment in environments)
        {
            _known.Remove(environment);
        }
    }

    private async Task<LaneHeads> ReadAsync(WriteContext context)
    {
        await using NpgsqlBatch batch = context.Connection.CreateBatch();
        AddEntry(batch, hasCalls: false);
        LaneHeads.AddTo(
            batch,
            node,
            [.. context.Records.Select(record => record.Environment), .. context.Events.Select(e => e.Environment)]
        );
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        return await LaneHeads.ReadAsync(reader, node);
    }
}
