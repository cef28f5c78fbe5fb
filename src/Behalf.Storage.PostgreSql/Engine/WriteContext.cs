using Behalf.Audit;
using Behalf.Events;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// One transaction that changes something, and the one way to leave traces: they are written in it, last of all. The work
/// may run again from its start when the database undid it for the sake of another transaction.
/// </summary>
internal sealed class WriteContext(NpgsqlConnection connection, string process)
    : Session(connection, CancellationToken.None)
{
    private readonly List<AuditDraft> _records = [];
    private readonly List<EventDraft> _events = [];

    /// <value>Random per start: tells what this process began from what another one did.</value>
    public string Process => process;

    public IReadOnlyList<AuditDraft> Records => _records;

    public IReadOnlyList<EventDraft> Events => _events;

    public bool LeavesNothing => _records.Count == 0 && _events.Count == 0;

    /// <value>Nothing of this transaction shall stay.</value>
    public bool IsUndone { get; private set; }

    /// <value>Before anyone is told of the commit, every call that may still start on the old state has started.</value>
    public bool Withdraws { get; private set; }

    public async Task<DateTimeOffset> NowAsync() => (await ValueAsync<long>("SELECT behalf_now()")).ToInstant();

    public void Leave(Traces traces)
    {
        _records.AddRange(traces.Audit);
        _events.AddRange(traces.Events);
    }

    /// <summary>A condition failed after a write: the transaction is rolled back, its result still given.</summary>
    public void Undo() => IsUndone = true;

    /// <summary>This transaction takes authority away.</summary>
    public void Withdraw() => Withdraws = true;
}
