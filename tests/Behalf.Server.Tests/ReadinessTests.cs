using Behalf.Server.Tests.Infrastructure;
using Behalf.TestPostgreSql;
using Behalf.Vault;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.Server.Tests;

/// <summary>A node that could record nothing, and so would refuse every call, says that it is not ready; and is again once it can.</summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-ready-").FullName;
    private Stage? _stage;
    private string _administration = string.Empty;
    private string _name = string.Empty;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Stage Stage => _stage ?? throw new InvalidOperationException("Not started.");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_stage is not null)
        {
            await _stage.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task DatabaseThatIsAway_AndComesBack()
    {
        await StartAsync();
        await SqlAsync($"ALTER DATABASE {_name} ALLOW_CONNECTIONS false");
        await DropSessionsAsync();

        await Eventually.HoldsAsync(async () => await StatusAsync() == 503, "it says that it is not ready");
        await SqlAsync($"ALTER DATABASE {_name} ALLOW_CONNECTIONS true");
        await Eventually.HoldsAsync(async () => await StatusAsync() == 200, "it is ready again");
        await CallAsync(200);
    }

    [Fact]
    public async Task DatabaseThatIsReadOnly_AndIsWrittenAgain()
    {
        await StartAsync();
        await SqlAsync($"ALTER DATABASE {_name} SET default_transaction_read_only = on");
        await DropSessionsAsync();

        await Eventually.HoldsAsync(async () => await StatusAsync() == 503, "it says that it is not ready");
        await CallAsync(503);
        await SqlAsync($"ALTER DATABASE {_name} SET default_transaction_read_only = off");
        await DropSessionsAsync();
        await Eventually.HoldsAsync(async () => await StatusAsync() == 200, "it is ready again");
        await CallAsync(200);
    }

    [Fact]
    public async Task NodeWhoseNameAnotherProcessHasTaken()
    {
        string database = await StartAsync();
        await using NpgsqlConnection connection = new(database);
        await connection.ExecuteAsync("UPDATE node SET process = 'another'");

        await Eventually.HoldsAsync(async () => await StatusAsync() == 503, "it says that it is not ready");
        await CallAsync(503);
    }

    [Fact]
    public async Task FileThatSomebodyElseHolds_AndLetsGo()
    {
        _stage = new Stage();
        await Stage.InitializeAsync();
        (await StatusAsync()).Should().Be(200);
        await using SqliteConnection holder = new($"Data Source={Stage.Server.DatabaseFile};Pooling=False");
        await holder.OpenAsync(Cancellation);
        await using (SqliteTransaction held = holder.BeginTransaction(deferred: false))
        {
            await Eventually.HoldsAsync(async () => await StatusAsync() == 503, "it says that it is not ready");
            await held.RollbackAsync(Cancellation);
        }

        await Eventually.HoldsAsync(async () => await StatusAsync() == 200, "it is ready again");
    }

    /// <returns>The database that the node serves.</returns>
    private async Task<string> StartAsync()
    {
        PostgreSqlServer.Require();
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        string rootKey = Path.Combine(_folder, "root.key");
        _ = RootKeyFile.Create(rootKey);
        _stage = new Stage { Change = options => options with { Database = database, RootKey = rootKey } };
        await Stage.InitializeAsync();
        await Stage.ConnectAsync("alice");
        NpgsqlConnectionStringBuilder parts = new(database);
        _name = parts.Database!;
        _administration = new NpgsqlConnectionStringBuilder(database)
        {
            Database = "postgres",
            Pooling = false,
        }.ConnectionString;
        (await StatusAsync()).Should().Be(200);
        await CallAsync(200);
        return database;
    }

    private async Task<int> StatusAsync() =>
        (await Stage.Server.SendAsync(HttpMethod.Get, "/health/ready", token: null)).Status;

    private async Task CallAsync(int status)
    {
        Reply reply = await Stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = Guid.NewGuid() });
        reply.Status.Should().Be(status, reply.Body);
    }

    private async Task SqlAsync(string sql)
    {
        await using NpgsqlConnection connection = new(_administration);
        await connection.ExecuteAsync(sql);
    }

    private Task DropSessionsAsync() =>
        SqlAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_name}'");
}
