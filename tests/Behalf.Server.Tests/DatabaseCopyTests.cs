using System.Text.Json;
using Behalf.Server.Commands;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Storage.Copying;
using Behalf.Storage.PostgreSql.Copying;
using Behalf.Storage.Sqlite;
using Behalf.Storage.Sqlite.Copying;
using Behalf.TestPostgreSql;

namespace Behalf.Server.Tests;

/// <summary>An installation that outgrew its file is moved whole: people stay connected, the trail still verifies.</summary>
public sealed class DatabaseCopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-copy-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(int Exit, string Output)> CopyAsync(string from, string to)
    {
        using StringWriter output = new();
        int exit = await BehalfServerCommand.RunAsync(
            ["database", "copy", "--from", from, "--to", to, "--json"],
            output
        );
        return (exit, output.ToString());
    }

    private RunningServer NewServer(Stage stage, string database) =>
        ServerApp.Build(
            stage.Options with
            {
                DataFolder = Path.Combine(_folder, "node"),
                Database = database,
                RootKey = Path.Combine(Data, "root.key"),
                PublicUrl = stage.Server.Server.PublicUrl,
            }
        );

    [Fact]
    public async Task Installation_IsMovedWhole_AndGoesOnWhereItWas()
    {
        PostgreSqlServer.Require();
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        await using Stage stage = new();
        await stage.InitializeAsync();
        string alice = await stage.ConnectAsync("alice");
        await stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "1" });
        await stage.ExecuteAsync("alice", "tracker_create_thing", new { name = "x" });
        string bob = await stage.ConnectAsync("bob");
        await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:revoke",
            stage.Server.ServiceToken,
            """{"identifier":"bob"}"""
        );
        await stage.Server.LeaveAsync(Data);
        string waiting = Path.Combine(Directory.CreateDirectory(Path.Combine(Data, "spool")).FullName, "1-2.pair");
        await File.WriteAllTextAsync(waiting, "{}", Cancellation);
        (await CopyAsync(Data, database)).Exit.Should().Be(ExitCodes.Failed, "its tokens would be left behind");
        File.Delete(waiting);

        (int exit, string output) = await CopyAsync(Data, database);

        exit.Should().Be(ExitCodes.Ok, output);
        JsonElement[] tables = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        tables.Should().Contain(table => table.GetProperty("table").GetString() == "audit_record");
        tables.Sum(table => table.GetProperty("rows").GetInt64()).Should().BeGreaterThan(30);
        await using RunningServer server = NewServer(stage, database);
        await server.StartAsync(Cancellation);
        server.IsFirstStart.Should().BeFalse("it is the installation it was");
        using HttpClient http = new() { BaseAddress = new Uri(server.Url) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", stage.Server.ServiceToken);
        (await StatusAsync(http, alice)).Should().Be("ACTIVE");
        (await StatusAsync(http, bob)).Should().Be("DISCONNECTED");
        using StringContent call = new(
            """{"tool_name":"tracker_get_thing","identifier":"alice","params":{"thing":"1"}}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")
        );
        using HttpResponseMessage executed = await http.PostAsync(
            new Uri("/api/v1/execute_tool", UriKind.Relative),
            call,
            Cancellation
        );
        executed.IsSuccessStatusCode.Should().BeTrue(await executed.Content.ReadAsStringAsync(Cancellation));
        string verified = await http.GetStringAsync(
            new Uri("/api/v1/behalf/audit:verify", UriKind.Relative),
            Cancellation
        );
        JsonDocument.Parse(verified).RootElement.GetProperty("whole").GetBoolean().Should().BeTrue(verified);
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task CopyThatWasBrokenOff_IsNotServed_AndGoesOn()
    {
        PostgreSqlServer.Require();
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        await stage.Server.LeaveAsync(Data);
        await using (
            OfflineServices offline = OfflineServices.Open(new DatabaseChoice(new DataFolder(Data), null, null))
        )
        {
            await offline.OpenDatabaseAsync(Cancellation);
            await using PostgreSqlCopyTarget target = new(database);
            Func<Task> copy = () =>
                new DatabaseCopy(
                    new SqliteCopySource(offline.Get<SqliteDatabase>()),
                    new BreaksAtTheEnd(target)
                ).RunAsync(_ => { }, Cancellation);
            await copy.Should().ThrowAsync<IOException>();
        }

        await using (RunningServer refused = NewServer(stage, database))
        {
            Func<Task> start = () => refused.StartAsync(Cancellation);
            (await start.Should().ThrowAsync<SchemaRefusedException>()).WithMessage("*unfinished copy*");
        }

        (int exit, string output) = await CopyAsync(Data, database);
        exit.Should().Be(ExitCodes.Ok, output);
        JsonDocument
            .Parse(output)
            .RootElement.EnumerateArray()
            .Sum(table => table.GetProperty("written").GetInt64())
            .Should()
            .Be(0, "all rows were there from the first run");
        (await CopyAsync(Data, database)).Exit.Should().Be(ExitCodes.Failed, "an installation is there now");
    }

    [Fact]
    public async Task RowThatDiffers_IsFound()
    {
        PostgreSqlServer.Require();
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.Server.LeaveAsync(Data);
        await using OfflineServices offline = OfflineServices.Open(
            new DatabaseChoice(new DataFolder(Data), null, null)
        );
        await offline.OpenDatabaseAsync(Cancellation);
        await using PostgreSqlCopyTarget target = new(database);
        Func<Task> copy = () =>
            new DatabaseCopy(new SqliteCopySource(offline.Get<SqliteDatabase>()), new AltersAValue(target)).RunAsync(
                _ => { },
                Cancellation
            );

        (await copy.Should().ThrowAsync<CopyFailedException>()).WithMessage("*api_client*not the same*");
    }

    private static async Task<string?> StatusAsync(HttpClient http, string account)
    {
        string body = await http.GetStringAsync(
            new Uri($"/api/v1/connected_accounts/{account}", UriKind.Relative),
            Cancellation
        );
        using JsonDocument json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("connected_account").GetProperty("status").GetString();
    }

    private sealed class BreaksAtTheEnd(ICopyTarget target) : Through(target)
    {
        public override Task FinishAsync(CancellationToken cancellationToken) => throw new IOException("cut");
    }

    private sealed class AltersAValue(ICopyTarget target) : Through(target)
    {
        public override Task WriteAsync(
            CopiedTable table,
            IReadOnlyList<object?[]> rows,
            long writtenBefore,
            CancellationToken cancellationToken
        )
        {
            if (table.Name == "api_client")
            {
                int name = table.Columns.ToList().FindIndex(column => column.Name == "name");
                rows = [.. rows.Select(row => row.Select((value, i) => i == name ? "altered" : value).ToArray())];
            }

            return base.WriteAsync(table, rows, writtenBefore, cancellationToken);
        }
    }

    private abstract class Through(ICopyTarget target) : ICopyTarget
    {
        public Task BeginAsync(string source, CancellationToken cancellationToken) =>
            target.BeginAsync(source, cancellationToken);

        public Task<IReadOnlyList<CopiedTable>> TablesAsync(CancellationToken cancellationToken) =>
            target.TablesAsync(cancellationToken);

        public Task<long> WrittenAsync(CopiedTable table, CancellationToken cancellationToken) =>
            target.WrittenAsync(table, cancellationToken);

        public virtual Task WriteAsync(
            CopiedTable table,
            IReadOnlyList<object?[]> rows,
            long writtenBefore,
            CancellationToken cancellationToken
        ) => target.WriteAsync(table, rows, writtenBefore, cancellationToken);

        public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken) =>
            target.ReadAsync(table, cancellationToken);

        public virtual Task FinishAsync(CancellationToken cancellationToken) => target.FinishAsync(cancellationToken);
    }
}
