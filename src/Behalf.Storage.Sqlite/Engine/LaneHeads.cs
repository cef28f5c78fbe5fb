using Behalf.Audit;
using Behalf.Storage.Sqlite.Columns;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// Where this node's lanes stand within one transaction: read once, moved on in memory with each record, and written once.
/// Only the writer uses it.
/// </summary>
internal sealed class LaneHeads(string lane)
{
    private static readonly Sql Head = new(
        "SELECT sequence, head FROM audit_lane WHERE environment_id = @environment AND lane = @lane"
    );

    private static readonly Sql Advance = new(
        """
        INSERT INTO audit_lane (environment_id, lane, owner, fence, sequence, head)
        VALUES (@environment, @lane, @lane, 1, @sequence, @hash)
        ON CONFLICT DO UPDATE SET sequence = excluded.sequence, head = excluded.head
        """
    );

    private readonly Dictionary<EnvironmentId, (long Sequence, byte[] Hash)> _heads = [];
    private readonly HashSet<EnvironmentId> _moved = [];

    public (long Sequence, byte[] Hash) Of(PreparedConnection connection, EnvironmentId environment)
    {
        if (!_heads.TryGetValue(environment, out (long, byte[]) head))
        {
            head = Read(connection, environment);
            _heads.Add(environment, head);
        }

        return head;
    }

    public void Move(StoredAuditRecord record)
    {
        _heads[record.Environment] = (record.Sequence, record.Hash);
        _moved.Add(record.Environment);
    }

    /// <summary>Before anything else of the transaction may look at them.</summary>
    public void Write(PreparedConnection connection)
    {
        foreach (EnvironmentId environment in _moved)
        {
            (long sequence, byte[] hash) = _heads[environment];
            connection
                .Statement(Advance)
                .Bind("@environment", environment.ToColumn())
                .Bind("@lane", lane)
                .Bind("@sequence", sequence)
                .Bind("@hash", hash)
                .Run();
        }

        _moved.Clear();
    }

    /// <summary>What is not written is as if it had never been.</summary>
    public void Forget()
    {
        _heads.Clear();
        _moved.Clear();
    }

    private (long Sequence, byte[] Hash) Read(PreparedConnection connection, EnvironmentId environment)
    {
        using Statement.Rows row = connection
            .Statement(Head)
            .Bind("@environment", environment.ToColumn())
            .Bind("@lane", lane)
            .Query();
        return row.Read() ? (row.Number(0), row.Bytes(1)) : (0, AuditChain.Genesis.ToArray());
    }
}
