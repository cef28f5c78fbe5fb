using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.Bench.Load;

/// <summary>What one durable commit of a small row costs on this machine now, by itself: the price of an audit record.</summary>
internal static class AuditCommit
{
    private const int Commits = 200;

    /// <returns>Median and 99th percentile in milliseconds.</returns>
    public static async Task<(double P50, double P99)> SqliteAsync(string folder)
    {
        await using SqliteConnection connection = new($"Data Source={Path.Combine(folder, "commit.db")};Pooling=False");
        await connection.OpenAsync();
        await RunAsync(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
        return await MeasureAsync(connection);
    }

    /// <inheritdoc cref="SqliteAsync" />
    public static async Task<(double P50, double P99)> PostgreSqlAsync(string database)
    {
        await using NpgsqlConnection connection = new($"{database};Pooling=false");
        await connection.OpenAsync();
        return await MeasureAsync(connection);
    }

    private static async Task<(double P50, double P99)> MeasureAsync(DbConnection connection)
    {
        await RunAsync(connection, "CREATE TABLE IF NOT EXISTS bench_commit (body TEXT NOT NULL)");
        await using DbCommand insert = connection.CreateCommand();
        insert.CommandText =
            "INSERT INTO bench_commit SELECT replace('xxxxxxxxxx', 'x', 'a record of about thirty bytes.')";
        List<double> times = [];
        for (int i = 0; i < Commits; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await insert.ExecuteNonQueryAsync();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        return (times[Commits / 2], times[Commits * 99 / 100]);
    }

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
