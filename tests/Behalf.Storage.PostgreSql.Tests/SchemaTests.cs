using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

public sealed class SchemaTests : IAsyncLifetime
{
    private const string Second = "CREATE TABLE second (id integer);";

    private string _connectionString = string.Empty;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Latest => PostgreSqlDatabase.Embedded.Count;

    public async ValueTask InitializeAsync() => _connectionString = await PostgreSqlServer.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PostgreSqlDatabase Database(params Migration[] further) =>
        new(
            Options.Create(new PostgreSqlStorageOptions { ConnectionString = _connectionString }),
            Options.Create(new BehalfOptions()),
            TimeProvider.System,
            new SharedClock(TimeProvider.System),
            NullLogger<PostgreSqlDatabase>.Instance,
            [.. PostgreSqlDatabase.Embedded, .. further]
        );

    [Theory]
    [InlineData("off", "on")]
    [InlineData("local", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task Commit_IsOnTheDisk_WhateverTheDatabaseIsSetTo(string configured, string inForce)
    {
        await using (NpgsqlConnection connection = new(_connectionString))
        {
            await connection.ExecuteAsync(
                $"ALTER DATABASE \"{new NpgsqlConnectionStringBuilder(_connectionString).Database}\" SET synchronous_commit = {configured}"
            );
        }

        await using PostgreSqlDatabase database = Database();
        await database.OpenAsync(Cancellation);

        (
            await database.ReadAsync(
                async session =>
                    (
                        await session.QueryAsync<string>("SELECT current_setting('synchronous_commit')", new { })
                    ).Single(),
                Cancellation
            )
        )
            .Should()
            .Be(inForce);
    }

    private static Migration Next(string script) => Migration.Of(Latest + 1, "next", script);

    private async Task MigrateAsync(params Migration[] further)
    {
        await using PostgreSqlDatabase database = Database(further);
        await database.MigrateAsync(Cancellation);
    }

    private async Task AlterAsync(string sql)
    {
        await using NpgsqlConnection connection = new(_connectionString);
        await connection.ExecuteAsync(sql);
    }

    private async Task<string[]> TablesAsync()
    {
        await using NpgsqlConnection connection = new(_connectionString);
        return
        [
            .. await connection.QueryAsync<string>(
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
            ),
        ];
    }

    private async Task RefusedAsync(string because)
    {
        await using PostgreSqlDatabase database = Database();
        Func<Task> open = () => database.OpenAsync(Cancellation);
        Func<Task> migrate = () => database.MigrateAsync(Cancellation);
        Func<Task> script = () => database.ScriptAsync(Cancellation);

        (await open.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        (await migrate.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        (await script.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        (await database.CheckAsync(Cancellation)).Problem.Should().Match(because);
        (await TablesAsync()).Should().NotContain("second");
    }

    [Fact]
    public async Task EmptyDatabase_IsMigratedToTheLatest_AndChecksAsCurrent()
    {
        await using PostgreSqlDatabase database = Database();
        int[] all = [.. Enumerable.Range(1, Latest)];
        (await database.CheckAsync(Cancellation)).Should().BeEquivalentTo(new SchemaStatus(0, Latest, all, null));
        (await TablesAsync()).Should().BeEmpty("a check changes nothing");

        (await database.MigrateAsync(Cancellation)).Should().Equal(all);

        (await database.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
        (await database.MigrateAsync(Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task EachMigration_IsAppliedOnce_WhenNodesStartTogether()
    {
        PostgreSqlDatabase[] nodes = [Database(), Database(), Database(), Database()];
        IReadOnlyList<int>[] applied = await Task.WhenAll(nodes.Select(node => node.MigrateAsync(Cancellation)));

        applied.Should().AllSatisfy(numbers => numbers.Should().BeInAscendingOrder());
        applied.SelectMany(numbers => numbers).Order().Should().Equal(Enumerable.Range(1, Latest));
        foreach (PostgreSqlDatabase node in nodes)
        {
            (await node.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task NewerSchema_IsRefused()
    {
        await MigrateAsync(Next(Second));
        await AlterAsync("DROP TABLE second");

        await RefusedAsync($"The database has migration {Latest + 1}, this build knows {Latest}*newer version*");
    }

    [Fact]
    public async Task AlteredMigration_IsRefused()
    {
        await MigrateAsync();
        await AlterAsync("UPDATE schema_migration SET sha256 = 'other' WHERE number = 1");

        await RefusedAsync("Migration 1 was applied in another form*");
    }

    [Fact]
    public async Task HalfAppliedMigration_IsRefused()
    {
        await MigrateAsync();
        await AlterAsync("UPDATE schema_migration SET state = 'applying' WHERE number = 1");

        await RefusedAsync("Migration 1 was begun and not finished*");
    }

    [Fact]
    public async Task ForeignDatabase_IsRefused()
    {
        await AlterAsync("CREATE TABLE something (id integer)");

        await RefusedAsync("The database holds tables but no record of Behalf's migrations*");
    }

    [Fact]
    public async Task FailingMigration_LeavesNothing()
    {
        await MigrateAsync();
        Migration broken = Next("CREATE TABLE second (id integer); SELECT nonsense();");
        await using PostgreSqlDatabase database = Database(broken);
        Func<Task> migrate = () => database.MigrateAsync(Cancellation);

        await migrate.Should().ThrowAsync<PostgresException>();

        (await TablesAsync()).Should().NotContain("second");
        await using PostgreSqlDatabase again = Database();
        (await again.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
    }

    [Fact]
    public async Task Script_MakesTheSameSchema_WhenRunByHand()
    {
        await using PostgreSqlDatabase database = Database();
        await AlterAsync(await database.ScriptAsync(Cancellation));

        (await database.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
        (await database.ScriptAsync(Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task EveryKey_BeginsWithTheEnvironment_AndEveryTextComparesByBytes()
    {
        await MigrateAsync();
        string[] installationWide =
        [
            "schema_migration",
            "node",
            "key_ring",
            "data_protection_key",
            "operator_credential",
            "restoration",
            "connector_revision",
            "change_mark",
            "environment",
        ];
        await using NpgsqlConnection connection = new(_connectionString);
        foreach (string table in (await TablesAsync()).Except(installationWide))
        {
            string first = await connection.QuerySingleAsync<string>(
                """
                SELECT a.attname::text FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = @table::regclass AND i.indisprimary
                """,
                new { table }
            );
            first.Should().Be("environment_id", table);
        }

        (
            await connection.QueryAsync<string>(
                """
                SELECT table_name || '.' || column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
                  AND table_name <> 'schema_migration'
                """
            )
        ).Should().BeEmpty();
    }

    [Fact]
    public async Task Time_IsTheDatabases_WhenNoTestSetsIt()
    {
        await MigrateAsync();
        await using NpgsqlConnection connection = new(_connectionString);

        long apart = await connection.ExecuteScalarAsync<long>(
            "SELECT abs(behalf_now() - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
        );

        apart.Should().BeLessThan(10_000_000);
    }

    [Fact]
    public async Task UnreadableConnectionString_IsRefused_WithoutRepeatingIt()
    {
        _connectionString = "Host=127.0.0.1;Pasword=hunter2";
        await using PostgreSqlDatabase database = Database();
        Func<Task> check = () => database.CheckAsync(Cancellation);

        (await check.Should().ThrowAsync<StorageUnavailableException>())
            .Which.ToString()
            .Should()
            .NotContain("hunter2");
    }

    [Fact]
    public async Task UnreachableDatabase_IsReportedAsSuch()
    {
        _connectionString = "Host=127.0.0.1;Port=1;Database=behalf;Username=behalf;Timeout=5";
        await using PostgreSqlDatabase database = Database();
        Func<Task> open = () => database.OpenAsync(Cancellation);

        (await open.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.Io);
    }
}
