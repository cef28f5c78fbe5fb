using System.Text.Json;
using Behalf.Server.Commands;
using Behalf.Storage.PostgreSql;
using Behalf.Storage.Sqlite;
using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.Server.Tests;

/// <summary><c>behalf database check|migrate|script</c> as an administrator runs them, on both databases.</summary>
public sealed class DatabaseCommandTests : IDisposable
{
    private const string Sqlite = "sqlite";
    private const string PostgreSql = "postgres";

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-database-").FullName;
    private string? _server;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Sqlite)]
    [InlineData(PostgreSql)]
    public async Task EmptyDatabase_IsBehind_AndMigrated_AndThenCurrent(string kind)
    {
        string[] where = await WhereAsync(kind);
        int latest = Latest(kind);

        (int exit, string text, _) = await RunAsync(["database", "check", .. where]);
        (exit, text).Should().Be((ExitCodes.Failed, $"The schema is at 0 of {latest}; pending: {Numbers(latest)}."));
        (exit, text, _) = await RunAsync(["database", "migrate", .. where]);
        (exit, text).Should().Be((ExitCodes.Ok, $"Applied {Numbers(latest)}."));
        (exit, text, _) = await RunAsync(["database", "check", .. where]);
        (exit, text).Should().Be((ExitCodes.Ok, $"The schema is current ({latest})."));
        (exit, text, _) = await RunAsync(["database", "migrate", .. where]);
        (exit, text).Should().Be((ExitCodes.Ok, "Nothing was pending."));
        (exit, text, _) = await RunAsync(["database", "script", .. where]);
        (exit, text).Should().Be((ExitCodes.Ok, "-- Nothing is pending."));
        (_, text, _) = await RunAsync(["database", "check", "--json", .. where]);
        JsonElement status = JsonDocument.Parse(text).RootElement;
        status.GetProperty("is_current").GetBoolean().Should().BeTrue();
        status.GetProperty("latest").GetInt32().Should().Be(latest);
    }

    [Theory]
    [InlineData(Sqlite)]
    [InlineData(PostgreSql)]
    public async Task Script_RunByHand_LeavesNothingToMigrate(string kind)
    {
        string[] where = await WhereAsync(kind);
        (int exit, string script, _) = await RunAsync(["database", "script", .. where]);
        exit.Should().Be(ExitCodes.Ok);

        await AlterAsync(kind, script);

        (exit, string text, _) = await RunAsync(["database", "check", .. where]);
        (exit, text).Should().Be((ExitCodes.Ok, $"The schema is current ({Latest(kind)})."));
    }

    [Theory]
    [InlineData(
        Sqlite,
        "INSERT INTO schema_migration SELECT 999, 'later', sha256, state, applied_at FROM schema_migration LIMIT 1",
        "The database has migration 999, this build knows *Run that version or a later one."
    )]
    [InlineData(
        PostgreSql,
        "INSERT INTO schema_migration SELECT 999, 'later', sha256, state, applied_at FROM schema_migration LIMIT 1",
        "The database has migration 999, this build knows *Run that version or a later one."
    )]
    [InlineData(
        Sqlite,
        "UPDATE schema_migration SET state = 'applying' WHERE number = 2",
        "Migration 2 was begun and not finished*Restore the backup made before it."
    )]
    [InlineData(
        PostgreSql,
        "UPDATE schema_migration SET state = 'applying' WHERE number = 2",
        "Migration 2 was begun and not finished*Restore the backup made before it."
    )]
    public async Task SchemaThatIsNewerOrHalfApplied_IsRefusedByEachVerb_AndByAStart(
        string kind,
        string alteration,
        string because
    )
    {
        string[] where = await WhereAsync(kind);
        await RunAsync(["database", "migrate", .. where]);
        await AlterAsync(kind, alteration);

        (int exit, string text, _) = await RunAsync(["database", "check", .. where]);
        exit.Should().Be(ExitCodes.Failed);
        text.Should().Match(because);
        string[][] verbs =
        [
            ["database", "migrate"],
            ["database", "script"],
            ["serve", "--urls", "http://127.0.0.1:0"],
        ];
        foreach (string[] verb in verbs)
        {
            (exit, text, string error) = await RunAsync([.. verb, .. where]);
            (exit, text).Should().Be((ExitCodes.Failed, ""), string.Join(' ', verb));
            error.Should().Match(because);
        }
    }

    [Fact]
    public async Task FolderThatIsNotThere_IsNotMade()
    {
        string none = Path.Combine(_folder, "none");

        (int exit, _, string error) = await RunAsync(["database", "check", "--data", none]);

        exit.Should().Be(ExitCodes.Failed);
        error.Should().Be($"{none} does not exist.");
        Directory.Exists(none).Should().BeFalse();
    }

    private static async Task<(int Exit, string Text, string Error)> RunAsync(string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exit = await BehalfServerCommand.RunAsync(arguments, output, error);
        return (exit, output.ToString().TrimEnd(), error.ToString().TrimEnd());
    }

    private static int Latest(string kind) =>
        (kind == Sqlite ? typeof(SqliteDatabase) : typeof(PostgreSqlDatabase))
            .Assembly.GetManifestResourceNames()
            .Count(name => name.EndsWith(".sql", StringComparison.Ordinal));

    private static string Numbers(int latest) => string.Join(", ", Enumerable.Range(1, latest));

    private async Task<string[]> WhereAsync(string kind)
    {
        if (kind == Sqlite)
        {
            return ["--data", _folder];
        }

        PostgreSqlServer.Require();
        _server = await PostgreSqlServer.CreateDatabaseAsync();
        return ["--data", _folder, "--database", _server];
    }

    private async Task AlterAsync(string kind, string sql)
    {
        if (kind == Sqlite)
        {
            await using SqliteConnection file = new($"Data Source={Path.Combine(_folder, "behalf.db")};Pooling=False");
            await file.ExecuteAsync(sql);
        }
        else
        {
            await using NpgsqlConnection connection = new(_server);
            await connection.ExecuteAsync(sql);
        }
    }
}
