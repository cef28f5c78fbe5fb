using System.Text.Json;
using Behalf.Audit;
using Behalf.Events;
using Behalf.Storage.Sqlite.Columns;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// What a write item works with: the writer's connection inside its transaction, and the one way to leave traces. Only the
/// writer uses it, one item at a time.
/// </summary>
internal sealed class WriteContext(PreparedConnection connection, TimeProvider time, string node, string process)
{
    /// <summary>Of audit records and events, by one seek for each environment.</summary>
    private const string NewestId = """
        SELECT max(id) FROM (
          SELECT (SELECT max(r.id) FROM audit_record r WHERE r.environment_id = l.environment_id) AS id FROM audit_lane l
          UNION ALL
          SELECT (SELECT max(e.id) FROM event e WHERE e.environment_id = v.id) FROM environment v)
        """;

    private readonly OrderedIds _ids = new(connection.ExecuteScalar<byte[]?>(NewestId));
    private readonly AccountUses _uses = new();
    private bool _shredded;

    /// <value>Names this process's audit lane and leases.</value>
    public string Node => node;

    /// <value>Random per start: tells what this process began from what a dead one left.</value>
    public string Process => process;

    public PreparedConnection Connection => connection;

    public DateTimeOffset Now => time.GetUtcNow().ToColumn().ToInstant();

    /// <value>Where this node's lanes stand.</value>
    public LaneHeads Lanes { get; } = new(node);

    public Statement Statement(Sql sql) => connection.Statement(sql);

    /// <returns>How many rows were changed.</returns>
    public int Execute(string sql, object? values = null) => connection.Execute(sql, values);

    /// <returns>True when exactly one row was changed.</returns>
    public bool ExecuteOne(string sql, object values) => connection.Execute(sql, values) == 1;

    /// <returns>True when the query finds a row.</returns>
    public bool Holds(string sql, object values) => connection.ExecuteScalar<long?>(sql, values) is not null;

    /// <summary>Writes audit records and events beside the change that causes them.</summary>
    public void Leave(Traces traces)
    {
        foreach (AuditDraft draft in traces.Audit)
        {
            Append(draft);
        }

        foreach (EventDraft draft in traces.Events)
        {
            DateTimeOffset at = Now;
            Execute(
                """
                INSERT INTO event (environment_id, id, type, account_id, data, occurred_at)
                VALUES (@environment, @id, @type, @account, @data, @at)
                """,
                new
                {
                    environment = draft.Environment.ToColumn(),
                    id = _ids.Next(at).ToColumn(),
                    type = draft.Type,
                    account = draft.Account.ToColumn(),
                    data = JsonSerializer.Serialize(
                        new SortedDictionary<string, string>(
                            draft.Data.ToDictionary(StringComparer.Ordinal),
                            StringComparer.Ordinal
                        ),
                        StorageJson.Default.SortedDictionaryStringString
                    ),
                    at = at.ToColumn(),
                }
            );
        }
    }

    public StoredAuditRecord Append(AuditDraft draft) => AuditLane.Append(this, draft, _ids);

    /// <summary>Remembers a use; it is written with others, at most once a minute.</summary>
    public void Used(EnvironmentId environment, AccountId account, DateTimeOffset at) =>
        _uses.Add(environment, account, at);

    /// <summary>Key material was overwritten: the log that still holds the old page is emptied soon after the commit.</summary>
    public void Shredded() => _shredded = true;

    public void BeginBatch() => Lanes.Forget();

    public void BeginItem() => _uses.BeginItem();

    /// <summary>What it did is in the database, and nothing of it in memory alone.</summary>
    public void EndItem() => Lanes.Write(connection);

    public void ForgetItem()
    {
        _uses.ForgetItem();
        Lanes.Forget();
    }

    /// <summary>Before the commit of a batch.</summary>
    /// <param name="all">Also what was written less than a minute ago: at the end.</param>
    /// <returns>True when it wrote what is remembered elsewhere.</returns>
    public bool Flush(bool all)
    {
        Lanes.Write(connection);
        return _uses.Flush(this, all);
    }

    /// <value>True while <see cref="AfterCommit"/> has something to do.</value>
    public bool HasAftermath => _shredded;

    public void AfterCommit()
    {
        if (_shredded)
        {
            // Readers of an older snapshot can hold it up; then the next shredding or automatic checkpoint does it.
            using SqliteCommand checkpoint = connection.CreateCommand();
            checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            checkpoint.CommandTimeout = 1;
            try
            {
                using SqliteDataReader reader = checkpoint.ExecuteReader();
                _shredded = reader.Read() && reader.GetInt64(0) != 0;
            }
            catch (SqliteException)
            {
                _shredded = true; // tried again after the next commit
            }
        }
    }
}
