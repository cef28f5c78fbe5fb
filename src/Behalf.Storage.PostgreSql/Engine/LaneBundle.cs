using System.Text.Json;
using Behalf.Audit;
using Behalf.Events;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Records and events of one transaction: each is given its time, place and hash in memory, and all are written by a
/// handful of statements that travel together. Made and written while the lane is held.
/// </summary>
internal sealed class LaneBundle(NodeName node, LaneHeads heads, OrderedIds ids)
{
    private const string Lanes = """
        INSERT INTO audit_lane (environment_id, lane, owner, fence, sequence, head)
        SELECT l.environment_id, $1, $2, 1, l.sequence, l.head
        FROM unnest($3, $4, $5) AS l (environment_id, sequence, head)
        ON CONFLICT (environment_id, lane) DO UPDATE
        SET sequence = excluded.sequence, head = excluded.head, owner = excluded.owner,
          fence = audit_lane.fence + CASE WHEN audit_lane.owner = excluded.owner THEN 0 ELSE 1 END
        """;

    private const string Records = """
        INSERT INTO audit_record
          (lane, environment_id, sequence, id, version, kind, execution_id, identifier, agent_run, at, body, personal, hash)
        SELECT $1, r.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) r
        """;

    private const string OpenedCalls = """
        INSERT INTO audit_open_call (process, lane, environment_id, execution_id, sequence)
        SELECT $1, $2, c.* FROM unnest($3, $4, $5) c
        """;

    private const string ClosedCalls = $"DELETE FROM audit_open_call o USING unnest($1, $2) {Closed}";

    /// <summary>
    /// Each call by its key, whatever the planner thinks of a table that is nearly empty and full of dead rows: it would walk
    /// the whole index.
    /// </summary>
    public const string Closed = """
        AS c (environment_id, execution_id)
          CROSS JOIN LATERAL (
            SELECT x.ctid FROM audit_open_call x
            WHERE x.environment_id = c.environment_id AND x.execution_id = c.execution_id LIMIT 1) AS one (place)
          WHERE o.ctid = one.place
        """;

    private const string EventRows = """
        INSERT INTO event (environment_id, id, type, account_id, data, occurred_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        """;

    private readonly Dictionary<EnvironmentId, (long Sequence, byte[] Hash)> _heads = new(heads.Heads);
    private readonly List<(AuditDraft Draft, StoredAuditRecord Record, Guid Id)> _records = [];
    private readonly List<(EventDraft Draft, Guid Id)> _events = [];

    /// <value>Database time, one for the transaction.</value>
    public DateTimeOffset Now => heads.Now;

    public StoredAuditRecord Append(AuditDraft draft)
    {
        (long sequence, byte[] head) = _heads.GetValueOrDefault(draft.Environment, (0, AuditChain.Genesis.ToArray()));
        StoredAuditRecord record = AuditChain.Append(draft, node.Name, sequence + 1, heads.Now, head);
        _heads[draft.Environment] = (record.Sequence, record.Hash);
        _records.Add((draft, record, ids.Next(heads.Now)));
        return record;
    }

    public void Append(EventDraft draft) => _events.Add((draft, ids.Next(heads.Now)));

    public void AddTo(NpgsqlBatch batch)
    {
        if (_records.Count > 0)
        {
            AddRecords(batch);
        }

        if (_events.Count > 0)
        {
            batch.Add(
                EventRows,
                _events.Select(e => e.Draft.Environment.Value).ToArray(),
                _events.Select(e => e.Id).ToArray(),
                _events.Select(e => e.Draft.Type).ToArray(),
                _events.Select(e => e.Draft.Account.Value).ToArray(),
                _events.Select(e => ToColumn(e.Draft.Data)).ToArray(),
                _events.Select(_ => heads.Now.ToColumn()).ToArray()
            );
        }
    }

    /// <value>Where the lane stood before these records.</value>
    public LaneHeads Before => heads;

    /// <value>Where the lane stands after these records, in each environment that was asked for or appended to.</value>
    public IReadOnlyDictionary<EnvironmentId, (long Sequence, byte[] Hash)> Heads => _heads;

    /// <value>Null: nothing was appended.</value>
    public StoredAuditRecord? First => _records.Count > 0 ? _records[0].Record : null;

    /// <returns>Environments, sequences and hashes: one element for each environment that was appended to.</returns>
    public object[] HeadColumns()
    {
        EnvironmentId[] environments = [.. _records.Select(r => r.Draft.Environment).Distinct()];
        return
        [
            environments.Select(e => e.Value).ToArray(),
            environments.Select(e => _heads[e].Sequence).ToArray(),
            environments.Select(e => _heads[e].Hash).ToArray(),
        ];
    }

    /// <returns>The columns of <c>audit_record</c> after its lane, one element for each record.</returns>
    public object[] RecordColumns() =>
        [
            _records.Select(r => r.Record.Environment.Value).ToArray(),
            _records.Select(r => r.Record.Sequence).ToArray(),
            _records.Select(r => r.Id).ToArray(),
            _records.Select(r => r.Record.Version).ToArray(),
            _records.Select(r => (int)r.Draft.Kind).ToArray(),
            _records.Select(r => r.Draft.Execution?.Value).ToArray(),
            _records.Select(r => r.Draft.Identifier.ToStorable()).ToArray(),
            _records.Select(r => r.Draft.AgentRun.ToStorable()).ToArray(),
            _records.Select(r => r.Record.At.ToColumn()).ToArray(),
            _records.Select(r => r.Record.Body).ToArray(),
            _records.Select(r => r.Record.Personal).ToArray(),
            _records.Select(r => r.Record.Hash).ToArray(),
        ];

    /// <returns>
    /// Environments, executions and sequences of intents: each waits for its completion; what still waits when its process
    /// is dead has an unknown outcome.
    /// </returns>
    public object[] OpenedColumns()
    {
        List<(Guid Environment, Guid Execution, long Sequence)> opened = Calls(AuditKind.Intent);
        return
        [
            opened.Select(call => call.Environment).ToArray(),
            opened.Select(call => call.Execution).ToArray(),
            opened.Select(call => call.Sequence).ToArray(),
        ];
    }

    /// <returns>Environments and executions of completions.</returns>
    public object[] ClosedColumns()
    {
        List<(Guid Environment, Guid Execution, long Sequence)> closed = Calls(AuditKind.Completion);
        return [closed.Select(call => call.Environment).ToArray(), closed.Select(call => call.Execution).ToArray()];
    }

    private void AddRecords(NpgsqlBatch batch)
    {
        batch.Add(Lanes, [node.Name, node.Process, .. HeadColumns()]);
        batch.Add(Records, [node.Name, .. RecordColumns()]);
        if (_records.Exists(r => r.Draft is { Kind: AuditKind.Intent, Execution: not null }))
        {
            batch.Add(OpenedCalls, [node.Process, node.Name, .. OpenedColumns()]);
        }

        if (_records.Exists(r => r.Draft is { Kind: AuditKind.Completion, Execution: not null }))
        {
            batch.Add(ClosedCalls, [.. ClosedColumns()]);
        }
    }

    private List<(Guid Environment, Guid Execution, long Sequence)> Calls(AuditKind kind) =>
        [
            .. _records
                .Where(r => r.Draft.Kind == kind && r.Draft.Execution is not null)
                .Select(r => (r.Draft.Environment.Value, r.Draft.Execution!.Value.Value, r.Record.Sequence)),
        ];

    private static string ToColumn(IReadOnlyDictionary<string, string> data) =>
        JsonSerializer.Serialize(
            new SortedDictionary<string, string>(data.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
            StorageJson.Default.SortedDictionaryStringString
        );
}
