using System.Diagnostics;
using Npgsql;

namespace Behalf.RaceSuite.Stage;

/// <summary>A real PostgreSQL in a folder of its own, with durability as in production, that can be broken and mended.</summary>
internal sealed class PostgreSqlCluster : IAsyncDisposable
{
    private const string DatabaseName = "behalf";

    private readonly string _programs;
    private readonly string _folder;
    private readonly int _port;
    private readonly Cables? _cables;
    private readonly int _buffers;
    private bool _runs;

    private PostgreSqlCluster(string programs, string folder, int port, Cables? cables = null, int buffers = 64) =>
        (_programs, _folder, _port, _cables, _buffers) = (programs, folder, port, cables, buffers);

    public int Port => _port;

    private string Data => Path.Combine(_folder, "data");

    public string ConnectionString =>
        _cables is null ? ConnectionStringAt(_port) : ConnectionStringAt(_port, _cables.Inside(0));

    /// <summary>The same database by another port, such as a proxy's.</summary>
    public static string ConnectionStringAt(int port, string host = "127.0.0.1") =>
        $"Host={host};Port={port};Username=behalf;Database={DatabaseName}";

    /// <param name="folder">Made; belongs to the cluster.</param>
    /// <param name="tables">Where the database's tables are kept, such as a small disk; null: in the folder.</param>
    /// <param name="cables">The network namespace it is to live in, reached by them only; null: beside the nodes.</param>
    /// <param name="buffers">Memory for pages, in megabytes.</param>
    public static async Task<PostgreSqlCluster> StartAsync(
        string folder,
        string? tables = null,
        Cables? cables = null,
        int buffers = 64
    )
    {
        PostgreSqlCluster cluster = new(Require(), folder, Ports.Free(), cables, buffers);
        Directory.CreateDirectory(folder);
        await Programs.GiveToDatabaseUserAsync(folder);
        await cluster.ProgramAsync(
            "initdb",
            ["--pgdata", cluster.Data, "--username", "behalf", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]
        );
        if (cables is not null)
        {
            await File.AppendAllTextAsync(
                Path.Combine(cluster.Data, "pg_hba.conf"),
                $"host all all {Cables.Network} trust\n"
            );
        }

        await cluster.StartAsync();
        if (tables is not null)
        {
            await Programs.GiveToDatabaseUserAsync(tables);
            await cluster.AdministerAsync($"CREATE TABLESPACE small LOCATION '{tables}'");
        }

        await cluster.AdministerAsync($"CREATE DATABASE {DatabaseName}{(tables is null ? "" : " TABLESPACE small")}");
        return cluster;
    }

    /// <summary>A standby that has every commit before the primary acknowledges it.</summary>
    public async Task<PostgreSqlCluster> AddStandbyAsync(string folder)
    {
        PostgreSqlCluster standby = new(_programs, folder, Ports.Free());
        Directory.CreateDirectory(folder);
        await Programs.GiveToDatabaseUserAsync(folder);
        await standby.ProgramAsync(
            "pg_basebackup",
            [
                "--pgdata",
                standby.Data,
                "--host",
                "127.0.0.1",
                "--port",
                $"{_port}",
                "--username",
                "behalf",
                "--write-recovery-conf",
                "--checkpoint",
                "fast",
            ]
        );
        await standby.StartAsync();
        await AdministerAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await AdministerAsync("SELECT pg_reload_conf()");
        return standby;
    }

    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string name, string? template = null)
    {
        await AdministerAsync($"CREATE DATABASE {name}{(template is null ? "" : $" TEMPLATE {template}")}");
        return ConnectionString.Replace($"Database={DatabaseName}", $"Database={name}", StringComparison.Ordinal);
    }

    /// <summary>One statement beside the product's databases.</summary>
    public async Task AdministerAsync(string sql)
    {
        await using NpgsqlConnection connection = new(
            ConnectionString.Replace(
                $"Database={DatabaseName}",
                "Database=postgres;Pooling=false",
                StringComparison.Ordinal
            )
        );
        await connection.OpenAsync();
        await RunAsync(connection, sql);
    }

    public async Task PromoteAsync()
    {
        await ProgramAsync("pg_ctl", ["--pgdata", Data, "--wait", "promote"]);
        await AdministerAsync("ALTER SYSTEM RESET synchronous_standby_names");
        await AdministerAsync("SELECT pg_reload_conf()");
    }

    public async Task StartAsync()
    {
        string addresses = _cables is null ? "127.0.0.1" : string.Join(',', _cables.InsideAddresses);
        string settings =
            $"-c port={_port} -c listen_addresses={addresses} -c unix_socket_directories= -c max_connections=200 -c shared_buffers={_buffers}MB";
        await ProgramAsync(
            "pg_ctl",
            ["--pgdata", Data, "--log", Path.Combine(_folder, "log"), "--wait", "--options", settings, "start"]
        );
        _runs = true;
        Aftercare.Of(this, KillNow);
    }

    public int ProcessId => int.Parse(File.ReadLines(Pid).First(), System.Globalization.CultureInfo.InvariantCulture);

    private string Pid => Path.Combine(Data, "postmaster.pid");

    private void KillNow()
    {
        if (File.Exists(Pid))
        {
            using Process process = Process.GetProcessById(ProcessId);
            process.Kill(); // its children notice and end
        }
    }

    /// <summary>As when the machine's plug is pulled: no checkpoint, no goodbye.</summary>
    public async Task CrashAsync()
    {
        await ProgramAsync("pg_ctl", ["--pgdata", Data, "--wait", "--mode", "immediate", "stop"]);
        _runs = false;
        Aftercare.Done(this);
    }

    public async ValueTask DisposeAsync()
    {
        if (_runs)
        {
            await CrashAsync();
        }
    }

    private Task ProgramAsync(string program, string[] arguments) =>
        _cables is null
            ? Programs.RunAsDatabaseUserAsync(Path.Combine(_programs, program), arguments)
            : _cables.RunInsideAsDatabaseUserAsync(Path.Combine(_programs, program), arguments);

    private static string Require() =>
        Programs.PostgreSql() ?? throw new StageException("PostgreSQL is not installed here (Debian: postgresql).");

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // of this file and the stage's own paths
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
