using System.Globalization;
using System.Text.Json.Nodes;
using Behalf.Cli.Demo;
using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace Behalf.Crash.Tests;

/// <summary><c>behalf database copy</c> is killed in the middle of a table, and goes on from there when it is run again.</summary>
public sealed class CopyCrashTests(Victim victim) : IClassFixture<Victim>
{
    private const int Killed = 128 + 9; // SIGKILL
    private const int Bundle = 2_000;
    private const int Users = 20 * Bundle;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private int _runs;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Copy_GoesOnInTheMiddleOfATable_HoweverOftenItIsKilledThere()
    {
        PostgreSqlServer.Require();
        string target = await PostgreSqlServer.CreateDatabaseAsync();
        await victim.StartAsync();
        await victim.ConnectAsync("alice");
        await victim.KillAsync();
        long total = await FillAsync();

        // Right after a bundle of the large table was committed, and then while the next ones are on their way.
        await DieAsync(target, count: 1, delay: 0);
        long first = await ConsistentRowsAsync(target);
        first.Should().Be(Bundle);
        await DieAsync(target, count: 2, delay: 2);
        long second = await ConsistentRowsAsync(target);
        second.Should().BeGreaterThanOrEqualTo(3 * Bundle).And.BeLessThan(total);

        (int exit, string output) = await CopyAsync(target, []);
        exit.Should().Be(0, output);
        JsonArray tables = JsonNode.Parse(output)!.AsArray();
        JsonNode users = tables.Single(table => (string)table!["table"]! == "end_user")!;
        ((long)users["rows"]!, (long)users["written"]!).Should().Be((total, total - second));
        (await CountAsync(target)).Should().Be(total);
    }

    /// <returns>How many users there are.</returns>
    private async Task<long> FillAsync()
    {
        await using SqliteConnection file = new($"Data Source={victim.Database};Pooling=False");
        await file.ExecuteAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Users})
            INSERT INTO end_user (environment_id, identifier, incarnation, epoch, created_at)
            SELECT environment_id, 'user-' || i, 1, 1, created_at FROM n, (SELECT environment_id, created_at FROM end_user LIMIT 1)
            """
        );
        return await file.ExecuteScalarAsync<long>("SELECT count(*) FROM end_user");
    }

    private async Task DieAsync(string target, int count, int delay)
    {
        (int exit, string output) = await CopyAsync(
            target,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Behalf.CrashHook.dll"),
                ["CRASH_AT"] = Milestone.CopyBundleCommitted,
                ["CRASH_COUNT"] = count.ToString(CultureInfo.InvariantCulture),
                ["CRASH_DELAY"] = delay.ToString(CultureInfo.InvariantCulture),
            }
        );
        exit.Should().Be(Killed, output);
    }

    private async Task<(int Exit, string Output)> CopyAsync(string target, Dictionary<string, string> environment)
    {
        string log = Path.Combine(victim.Folder, $"copy-{++_runs}.log");
        int exit;
        await using (
            ChildProcess copy = ChildProcess.Start(
                "Behalf.Server",
                log,
                ["database", "copy", "--json", "--from", Path.GetDirectoryName(victim.Database)!, "--to", target],
                environment
            )
        )
        {
            exit = await copy.ExitedAsync(Patience, Cancellation);
        }

        return (exit, await File.ReadAllTextAsync(log, Cancellation));
    }

    /// <returns>How many rows of the large table are there, and noted, once the database has let the killed one go.</returns>
    private static async Task<long> ConsistentRowsAsync(string target)
    {
        await using NpgsqlConnection connection = new($"{target};Pooling=false");
        await Aftermath.ComesAsync(
            async () =>
                await connection.ExecuteScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ) == 0
                    ? target
                    : null,
            "the killed one's session is over"
        );
        long noted = await connection.ExecuteScalarAsync<long>(
            "SELECT rows FROM database_copy WHERE copied = 'end_user'"
        );
        (await CountAsync(target)).Should().Be(noted);
        return noted;
    }

    private static async Task<long> CountAsync(string target)
    {
        await using NpgsqlConnection connection = new($"{target};Pooling=false");
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM end_user");
    }
}
