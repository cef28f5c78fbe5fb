using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// When accounts were last used. Kept in memory and written in bundles, so that no call pays for it; a crash loses at most
/// the last minute of it, and nothing is decided by it. Only the queue of calls uses it.
/// </summary>
internal sealed class AccountUses
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>In the order of the key, so that two nodes never wait for each other in a circle.</summary>
    private const string Write = """
        INSERT INTO account_use (environment_id, account_id, last_used_at)
        SELECT * FROM unnest($1, $2, $3) AS u (environment_id, account_id, last_used_at)
        ORDER BY environment_id, account_id
        ON CONFLICT (environment_id, account_id) DO UPDATE
        SET last_used_at = greatest(account_use.last_used_at, excluded.last_used_at)
        """;

    private readonly Dictionary<(EnvironmentId Environment, AccountId Account), DateTimeOffset> _uses = [];
    private DateTimeOffset _writtenAt;

    public void Add(EnvironmentId environment, AccountId account, DateTimeOffset at) =>
        _uses[(environment, account)] = at;

    public bool AreDue(DateTimeOffset now) => _uses.Count > 0 && now - _writtenAt >= Interval;

    public async Task WriteAsync(NpgsqlConnection connection, DateTimeOffset now)
    {
        if (_uses.Count == 0)
        {
            return;
        }

        await using NpgsqlBatch batch = connection.CreateBatch();
        batch.Add(
            Write,
            _uses.Keys.Select(key => key.Environment.Value).ToArray(),
            _uses.Keys.Select(key => key.Account.Value).ToArray(),
            _uses.Values.Select(at => at.ToColumn()).ToArray()
        );
        await batch.ExecuteNonQueryAsync();
        _uses.Clear();
        _writtenAt = now;
    }
}
