using System.Runtime.CompilerServices;
using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class AuditStore(PostgreSqlDatabase database) : IAuditStore
{
    /// <summary>Records read at a time while streaming; no transaction is held in between.</summary>
    private const int Bundle = 500;

    public Task<StartResult> StartAsync(CallIntent intent, CancellationToken cancellationToken) =>
        database.Calls.StartAsync(intent, cancellationToken);

    public Task AppendAsync(AuditDraft draft, CancellationToken cancellationToken) =>
        database.Calls.AppendAsync(draft, cancellationToken);

    public Task AppendSoonAsync(AuditDraft draft) => database.Calls.AppendSoonAsync(draft);

    public Task CompleteAsync(
        AuditDraft completion,
        string principal,
        CallKey key,
        CallEnd end,
        CancellationToken cancellationToken
    ) => database.Calls.CompleteAsync(completion, principal, key, end, cancellationToken);

    public async Task<Page<AuditRecord>> ListAsync(
        AuditFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        await database.SettleAsync(filter.Environment, cancellationToken);
        return await database.ReadTogetherAsync(
            session =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                return new PageQuery(AuditRow.Select, "audit_record", where, "id").ReadAsync<AuditRow, AuditRecord>(
                    session,
                    values,
                    page,
                    row => AuditChain.Read(row.ToStored())
                );
            },
            cancellationToken
        );
    }

    public async IAsyncEnumerable<StoredAuditRecord> ReadAsync(
        EnvironmentId environment,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await database.SettleAsync(environment, cancellationToken);
        string lane = string.Empty;
        long sequence = 0;
        while (true)
        {
            List<AuditRow> rows = await database.ReadAsync(
                session =>
                    session.QueryAsync<AuditRow>(
                        $"""
                        {AuditRow.Select}
                        WHERE environment_id = @environment AND (lane, sequence) > (@lane, @sequence)
                        ORDER BY lane, sequence LIMIT @limit
                        """,
                        new
                        {
                            environment = environment.ToColumn(),
                            lane,
                            sequence,
                            limit = Bundle,
                        }
                    ),
                cancellationToken
            );
            foreach (AuditRow row in rows)
            {
                yield return row.ToStored();
            }

            if (rows.Count < Bundle)
            {
                yield break;
            }

            (lane, sequence) = (rows[^1].Lane, rows[^1].Sequence);
        }
    }

    public Task<IReadOnlyList<AuditLaneHead>> HeadsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<AuditLaneHead>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<(string Lane, long Sequence, byte[] Head)>(
                            "SELECT lane, sequence, head FROM audit_lane WHERE environment_id = @environment ORDER BY lane",
                            new { environment = environment.ToColumn() }
                        )
                    ).Select(row => new AuditLaneHead(row.Lane, row.Sequence, row.Head)),
                ],
            cancellationToken
        );

    public Task<IReadOnlyList<(EnvironmentId Environment, AuditLaneHead Head)>> AllHeadsAsync(
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<(EnvironmentId Environment, AuditLaneHead Head)>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<(Guid Environment, string Lane, long Sequence, byte[] Head)>(
                            "SELECT environment_id, lane, sequence, head FROM audit_lane ORDER BY environment_id, lane"
                        )
                    ).Select(row =>
                        (row.Environment.ToId<EnvironmentId>(), new AuditLaneHead(row.Lane, row.Sequence, row.Head))
                    ),
                ],
            cancellationToken
        );

    public Task AddCheckpointAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    """
                    INSERT INTO audit_checkpoint (environment_id, at, heads, ring_key_id, signature)
                    VALUES (@environment, @at, @heads, @key, @signature)
                    """,
                    new
                    {
                        environment = checkpoint.Environment.ToColumn(),
                        at = checkpoint.At.ToColumn(),
                        heads = TrailDocuments.Write(checkpoint.Heads),
                        key = checkpoint.Key.ToColumn(),
                        signature = checkpoint.Signature,
                    }
                );
            },
            cancellationToken
        );

    public async Task<AuditCheckpoint?> NewestCheckpointAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => (await CheckpointsAsync(environment, "ORDER BY sequence DESC LIMIT 1", cancellationToken)).SingleOrDefault();

    public Task<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => CheckpointsAsync(environment, "ORDER BY sequence", cancellationToken);

    public Task<AuditAnchor?> AnchorAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
                (
                    await session.QueryAsync<(long At, string Heads, Guid Key, byte[] Signature)>(
                        "SELECT at, heads, ring_key_id, signature FROM audit_anchor WHERE environment_id = @environment",
                        new { environment = environment.ToColumn() }
                    )
                )
                    .Select(row => new AuditAnchor(
                        new AuditCheckpoint(
                            environment,
                            row.At.ToInstant(),
                            TrailDocuments.Read(row.Heads),
                            row.Key.ToId<RingKeyId>(),
                            row.Signature
                        )
                    ))
                    .SingleOrDefault(),
            cancellationToken
        );

    public async Task<int> CompleteAbandonedAsync(CancellationToken cancellationToken)
    {
        int completed = 0;
        int now;
        do
        {
            Guid[] doubtful = database.Calls.Doubtful.Take();
            now = await database.WriteInLaneAsync(
                context => AbandonedCalls.CompleteAsync(context, database.DeadAfter, doubtful),
                cancellationToken
            );
            if (now == 0)
            {
                database.Calls.Doubtful.LookedFor(doubtful); // with all of them
            }

            completed += now;
        } while (now > 0);

        return completed;
    }

    private Task<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(
        EnvironmentId environment,
        string which,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<AuditCheckpoint>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<(long At, string Heads, Guid Key, byte[] Signature)>(
                            $"""
                            SELECT at, heads, ring_key_id, signature FROM audit_checkpoint
                            WHERE environment_id = @environment {which}
                            """,
                            new { environment = environment.ToColumn() }
                        )
                    ).Select(row => new AuditCheckpoint(
                        environment,
                        row.At.ToInstant(),
                        TrailDocuments.Read(row.Heads),
                        row.Key.ToId<RingKeyId>(),
                        row.Signature
                    )),
                ],
            cancellationToken
        );

    private static (string Where, DynamicParameters Values) Conditions(AuditFilter filter)
    {
        List<string> where = ["environment_id = @environment"];
        DynamicParameters values = new();
        values.Add("environment", filter.Environment.ToColumn());
        if (filter.Identifier is { } identifier)
        {
            where.Add("identifier = @identifier");
            values.Add("identifier", identifier);
        }

        if (filter.Execution is { } execution)
        {
            where.Add("execution_id = @execution");
            values.Add("execution", execution.ToColumn());
        }

        if (filter.AgentRun is { } run)
        {
            where.Add("agent_run = @run");
            values.Add("run", run);
        }

        if (filter.Kind is { } kind)
        {
            where.Add($"kind = {(int)kind}"); // a literal, so that the partial indexes of rare kinds serve it
        }

        return (string.Join(" AND ", where), values);
    }
}
