using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Behalf.TestPostgreSql;

/// <summary>
/// A real PostgreSQL for one test run: made and started at its first use, on a free port of the loopback, stopped after the
/// last test. Without PostgreSQL on the machine the tests that need it are skipped and say so.
/// </summary>
/// <remarks>An assembly whose tests use it names it as its assembly fixture.</remarks>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private const string Missing =
        "PostgreSQL is not installed here (Debian: postgresql); .ci/run installs it, so that nothing is skipped there.";

    private static readonly Lazy<Task<Running>> Started = new(StartAsync);
    private static int _databases;

    public static bool IsHere => PostgreSqlPrograms.Find() is not null;

    /// <summary>Skips the test where there is no PostgreSQL. For tests whose fixture needs one: a fixture cannot skip.</summary>
    public static void Require() => Assert.SkipUnless(IsHere, Missing);

    /// <summary>An empty database of its own.</summary>
    /// <param name="icuLocale">The database's own collation; null: C.</param>
    public static async Task<string> CreateDatabaseAsync(string? icuLocale = null)
    {
        Require();
        string server = (await Started.Value).ConnectionString;
        string name = $"behalf_{Interlocked.Increment(ref _databases)}";
        await using NpgsqlConnection connection = new(server);
        await connection.OpenAsync();
        await using NpgsqlCommand create = connection.CreateCommand();
#pragma warning disable CA2100 // a number and a constant
        create.CommandText = icuLocale is null
            ? $"CREATE DATABASE {name}"
            : $"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{icuLocale}' LOCALE 'C'";
#pragma warning restore CA2100
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = true }.ConnectionString;
    }

    private static async Task<Running> StartAsync()
    {
        string programs = PostgreSqlPrograms.Find()!;
        string folder = await PostgreSqlPrograms.MakeFolderAsync();
        string data = Path.Combine(folder, "data");
        await PostgreSqlPrograms.RunAsync(
            Path.Combine(programs, "initdb"),
            [
                "--pgdata",
                data,
                "--username",
                "behalf",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--no-sync",
            ]
        );
        int port = FreePort();
        string settings =
            $"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c shared_buffers=64MB";
        await PostgreSqlPrograms.RunAsync(
            Path.Combine(programs, "pg_ctl"),
            ["--pgdata", data, "--log", Path.Combine(folder, "log"), "--wait", "--options", settings, "start"]
        );
        string connectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "behalf",
            Database = "postgres",
            Pooling = false,
        }.ConnectionString;
        return new Running(connectionString, programs, folder, data);
    }

    public async ValueTask DisposeAsync()
    {
        if (!Started.IsValueCreated)
        {
            return;
        }

        Running running = await Started.Value;
        await PostgreSqlPrograms.RunAsync(
            Path.Combine(running.Programs, "pg_ctl"),
            ["--pgdata", running.Data, "--mode", "immediate", "stop"]
        );
        Directory.Delete(running.Folder, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Running(string ConnectionString, string Programs, string Folder, string Data);
}
