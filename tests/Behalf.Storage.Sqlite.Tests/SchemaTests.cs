using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class SchemaTests : IDisposable
{
    private static readonly int Latest = SqliteDatabase.Embedded.Count;

    private static readonly Migration Next = Migration.Of(Latest + 1, "next", "CREATE TABLE next (id INTEGER) STRICT;");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private SqliteDatabase Database(params Migration[] further) =>
        new(
            Options.Create(new SqliteStorageOptions { DatabasePath = _folder.Database }),
            Options.Create(new BehalfOptions()),
            TimeProvider.System,
            [.. SqliteDatabase.Embedded, .. further]
        );

    private async Task MigrateAsync(params Migration[] further)
    {
        await using SqliteDatabase database = Database(further);
        await database.OpenAsync(Cancellation);
    }

    private void Alter(string sql)
    {
        using SqliteConnection connection = Connect();
        connection.Execute(sql);
    }

    private SqliteConnection Connect()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Database)!);
        return new SqliteConnection($"Data Source={_folder.Database};Pooling=False");
    }

    private async Task RefusedAsync(string because)
    {
        byte[] before = await File.ReadAllBytesAsync(_folder.Database, Cancellation);
        await using SqliteDatabase database = Database();
        Func<Task> open = () => database.OpenAsync(Cancellation);
        Func<Task> migrate = () => database.MigrateAsync(Cancellation);
        Func<Task> script = () => database.ScriptAsync(Cancellation);

        (await open.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        (await migrate.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        (await script.Should().ThrowAsync<SchemaRefusedException>()).WithMessage(because);
        SchemaStatus status = await database.CheckAsync(Cancellation);
        status.IsCurrent.Should().BeFalse();
        status.Problem.Should().Match(because);
        Tables().Should().NotContain("next");
        before.Should().NotBeEmpty();
    }

    private string[] Tables()
    {
        using SqliteConnection connection = Connect();
        return [.. connection.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table'")];
    }

    [Fact]
    public async Task EmptyFolder_IsMigratedToTheLatest_AndChecksAsCurrent()
    {
        await using SqliteDatabase database = Database();
        (await database.CheckAsync(Cancellation))
            .Should()
            .BeEquivalentTo(new SchemaStatus(0, Latest, [.. Enumerable.Range(1, Latest)], null));
        File.Exists(_folder.Database).Should().BeFalse("a check changes nothing");

        (await database.MigrateAsync(Cancellation)).Should().Equal(Enumerable.Range(1, Latest));

        (await database.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
        (await database.MigrateAsync(Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task OlderSchema_IsMigratedOnwards()
    {
        await MigrateAsync();
        await using SqliteDatabase newer = Database(Next);
        (await newer.CheckAsync(Cancellation)).Pending.Should().Equal(Latest + 1);

        await newer.OpenAsync(Cancellation);

        Tables().Should().Contain("next");
        (await newer.CheckAsync(Cancellation)).Current.Should().Be(Latest + 1);
    }

    [Fact]
    public async Task NewerSchema_IsRefused()
    {
        await MigrateAsync(Next);
        Alter("DROP TABLE next");

        await RefusedAsync($"The database has migration {Latest + 1}, this build knows {Latest}*newer version*");
    }

    [Fact]
    public async Task AlteredMigration_IsRefused()
    {
        await MigrateAsync();
        Alter("UPDATE schema_migration SET sha256 = 'other' WHERE number = 1");

        await RefusedAsync("Migration 1 was applied in another form*");
    }

    [Fact]
    public async Task HalfAppliedMigration_IsRefused()
    {
        await MigrateAsync();
        Alter("UPDATE schema_migration SET state = 'applying' WHERE number = 1");

        await RefusedAsync("Migration 1 was begun and not finished*");
    }

    [Fact]
    public async Task MissingMigration_IsRefused()
    {
        await MigrateAsync();
        Alter("UPDATE schema_migration SET number = 0 WHERE number = 1");

        await RefusedAsync("Migration 1 is missing*");
    }

    [Fact]
    public async Task ForeignDatabase_IsRefused()
    {
        Alter("CREATE TABLE something (id INTEGER)");

        await RefusedAsync("The database holds tables but no record of Behalf's migrations*");
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsReportedAsDamaged()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Database)!);
        await File.WriteAllTextAsync(_folder.Database, new string('x', 5000), Cancellation);
        await using SqliteDatabase database = Database();
        Func<Task> open = () => database.OpenAsync(Cancellation);

        (await open.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.Corrupt);
    }

    [Fact]
    public async Task FailingMigration_LeavesNothing()
    {
        await MigrateAsync();
        Migration broken = Migration.Of(
            Latest + 1,
            "broken",
            "CREATE TABLE next (id INTEGER) STRICT; SELECT nonsense();"
        );
        await using SqliteDatabase database = Database(broken);
        Func<Task> open = () => database.OpenAsync(Cancellation);

        await open.Should().ThrowAsync<SqliteException>();

        Tables().Should().NotContain("next");
        await using SqliteDatabase again = Database();
        await again.OpenAsync(Cancellation);
        (await again.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
    }

    [Fact]
    public async Task Script_MakesTheSameSchema_WhenRunByHand()
    {
        await using SqliteDatabase database = Database();
        string script = await database.ScriptAsync(Cancellation);
        Alter(script);

        (await database.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
        await database.OpenAsync(Cancellation);
        (await database.ScriptAsync(Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task EveryTable_IsStrict_AndBeginsItsKeyWithTheEnvironment()
    {
        await MigrateAsync();
        string[] installationWide =
        [
            "schema_migration",
            "key_ring",
            "operator_credential",
            "restoration",
            "connector_revision",
            "environment",
        ];
        using SqliteConnection connection = Connect();
        foreach (
            string table in Tables()
                .Except(installationWide)
                .Where(name => !name.StartsWith("sqlite_", StringComparison.Ordinal))
        )
        {
            connection
                .QuerySingle<string>("SELECT sql FROM sqlite_schema WHERE name = @table", new { table })
                .Should()
                .Contain("STRICT", table);
            connection
                .QuerySingle<string>("SELECT name FROM pragma_table_info(@table) WHERE pk = 1", new { table })
                .Should()
                .Be("environment_id", table);
        }
    }
}
