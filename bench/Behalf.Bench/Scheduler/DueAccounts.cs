using Npgsql;

namespace Behalf.Bench.Scheduler;

/// <summary>Looks at the accounts that are due, and makes some so.</summary>
internal sealed class DueAccounts(NpgsqlConnection connection)
{
    /// <summary>Spreads the due times of some accounts over a while from now, drawn from all over the table.</summary>
    /// <param name="count">At most 15 of 100 accounts.</param>
    /// <param name="length">Nought: all at once.</param>
    public async Task PlanAsync(int count, TimeSpan length)
    {
        await RunAsync(
            $"""
            UPDATE refresh_state r SET due_at = behalf_now() + 2000000 + d.number * {(long)length.TotalMicroseconds
                / count}
            FROM (
              SELECT environment_id, account_id, row_number() OVER () AS number
              FROM (
                SELECT environment_id, account_id FROM refresh_state TABLESAMPLE BERNOULLI (20)
                WHERE due_at > behalf_now() + 86400000000
                ORDER BY random() LIMIT {count}) s) d
            WHERE r.environment_id = d.environment_id AND r.account_id = d.account_id
            """
        );
    }

    /// <returns>How many are due and not refreshed, and how long the oldest of them has been, in seconds.</returns>
    public async Task<(long Waiting, double Oldest)> LookAsync()
    {
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT count(*), coalesce((behalf_now() - min(due_at)) / 1e6, 0)::float8
            FROM refresh_state WHERE due_at <= behalf_now()
            """;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetDouble(1));
    }

    /// <returns>Commits and bytes of the write-ahead log since the cluster was made.</returns>
    public async Task<(long Commits, long Log)> WorkAsync()
    {
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
            FROM pg_stat_database WHERE datname = current_database()
            """;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task RunAsync(string sql)
    {
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // numbers only
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
