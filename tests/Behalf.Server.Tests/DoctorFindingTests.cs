using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Commands;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.Server.Tests;

/// <summary>Each thing the doctor looks at, broken alone: it names the cause and what to do, and nothing else.</summary>
public sealed class DoctorFindingTests(ServedFolder folders) : IClassFixture<ServedFolder>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <returns>What is wrong.</returns>
    private static async Task<string[]> AskAsync(string data, params string[] further)
    {
        using StringWriter output = new();
        int exit = await BehalfServerCommand.RunAsync(
            ["doctor", "--json", "--no-network", "--data", data, .. further],
            output
        );
        string[] wrong =
        [
            .. JsonDocument
                .Parse(output.ToString())
                .RootElement.EnumerateArray()
                .Where(finding => !finding.GetProperty("is_fine").GetBoolean())
                .Select(finding => finding.GetProperty("text").GetString()!),
        ];
        exit.Should().Be(wrong.Length == 0 ? ExitCodes.Ok : ExitCodes.Failed);
        return wrong;
    }

    private static async Task<string> TheOneOfAsync(string data, params string[] further) =>
        (await AskAsync(data, further)).Should().ContainSingle().Subject;

    private static void Alter(string data, string sql)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(data, "behalf.db")};Pooling=False");
        connection.Execute(sql);
    }

    [Fact]
    public async Task FolderAsItWasLeft_IsWell() => (await AskAsync(folders.Copy())).Should().BeEmpty();

    [Theory]
    [InlineData("credentials.json")]
    [InlineData("operator.json")]
    [InlineData("root.key")]
    [InlineData("behalf.db")]
    public async Task FileThatOthersMayRead_IsNamed_WithTheCommandThatClosesIt(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Files have no modes here.");
            return;
        }

        string data = folders.Copy();
        string file = Path.Combine(data, name);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        string[] wrong = await AskAsync(data);

        wrong.Should().Contain(text => text == $"{file} is open to others: chmod go= '{file}'");
        wrong.Should().OnlyContain(text => text.Contains(name), "a root key that others may read does not open, too");
    }

    [Theory]
    [InlineData("behalf.db")]
    [InlineData("root.key")]
    public async Task KeyAndDatabase_ThatAreNotBothThere_AreNamed(string missing)
    {
        string data = folders.Copy();
        foreach (string file in Directory.EnumerateFiles(data, $"{missing}*"))
        {
            File.Delete(file);
        }

        (await AskAsync(data))
            .Should()
            .Contain(text => text.StartsWith("root key and database must both be there: ") && text.Contains(missing));
    }

    [Fact]
    public async Task ConnectorsThatAreNotThere_AreNamed_WithTheOption() =>
        (await TheOneOfAsync(folders.Copy(), "--connectors", "/nowhere/connectors"))
            .Should()
            .Be("no connectors folder at /nowhere/connectors: name it with --connectors");

    [Fact]
    public async Task ServerThatRunsAndIsNotReady_IsNamed_WithWhereToLook()
    {
        string data = folders.Copy();
        File.Move(Path.Combine(data, "root.key"), Path.Combine(data, "aside"));
        await using RunningServer server = folders.Serve(data);
        await server.StartAsync(Cancellation);

        string[] wrong = await AskAsync(data);

        wrong
            .Should()
            .Contain(text =>
                text.StartsWith($"the server at {server.Url} runs and is not ready: its root key or its database")
            );
        wrong.Should().Contain(text => text.StartsWith("key ring: 4 keys, and they do not open. "));
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task FileOfTheServer_ThatCannotBeRead_IsNamed()
    {
        string data = folders.Copy();
        await File.WriteAllTextAsync(Path.Combine(data, "server.json"), "{}", Cancellation);

        (await TheOneOfAsync(data)).Should().EndWith("server.json cannot be read: the next start writes it anew");
    }

    [Theory]
    [InlineData("127.0.0.1", -30, -1, "ended on * clients refuse it")]
    [InlineData("127.0.0.1", -30, 5, "ends in 4 days: renew it and restart")]
    [InlineData("127.0.0.1", 3, 90, "is not valid yet: from *")]
    [InlineData("127.0.0.2", -30, 90, "is not for 127.0.0.1, where people reach the server")]
    public async Task CertificateThatDoesNotServe_IsNamed_WithItsFault(string host, int from, int until, string fault)
    {
        string data = folders.Copy();
        string file = Path.Combine(data, "server.pem");
        await File.WriteAllTextAsync(file, NewCertificate(IPAddress.Parse(host), from, until), Cancellation);

        (await TheOneOfAsync(data, "--cert", file)).Should().Match($"*{file} {fault}");
    }

    [Theory]
    [InlineData(
        "INSERT INTO schema_migration SELECT 999, 'later', sha256, state, applied_at FROM schema_migration LIMIT 1",
        "The database has migration 999*Run that version or a later one."
    )]
    [InlineData(
        "UPDATE schema_migration SET state = 'applying' WHERE number = 3",
        "Migration 3 was begun and not finished*Restore the backup made before it."
    )]
    [InlineData(
        "UPDATE schema_migration SET sha256 = 'other' WHERE number = 2",
        "Migration 2 was applied in another form*Use the build that made the database, or restore a backup."
    )]
    [InlineData(
        "DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)",
        "schema * of *: behalf database migrate, or start the server"
    )]
    public async Task SchemaThatIsNotThisBuilds_IsNamed_WithTheNextStep(string alteration, string finding)
    {
        string data = folders.Copy();
        Alter(data, alteration);

        (await TheOneOfAsync(data)).Should().Match(finding);
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsNamed_WithTheNextStep()
    {
        string data = folders.Copy();
        await File.WriteAllTextAsync(Path.Combine(data, "behalf.db"), new string('x', 9_000), Cancellation);

        (await TheOneOfAsync(data)).Should().StartWith("database: ").And.EndWith("Put a backup back: behalf restore.");
    }

    [Fact]
    public async Task DatabaseOlderThanTheNodeServed_IsNamed_WithTheNextStep()
    {
        string data = folders.Copy();
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(data, "behalf.db"), Cancellation);
        await using (RunningServer server = folders.Serve(data))
        {
            await server.StartAsync(Cancellation);
            (string id, string secret) = await TestServer.ReadAsync(server.CredentialsFile);
            using HttpClient http = new() { BaseAddress = new Uri(server.Url) };
            using FormUrlEncodedContent form = new([
                KeyValuePair.Create("grant_type", "client_credentials"),
                KeyValuePair.Create("client_id", id),
                KeyValuePair.Create("client_secret", secret),
            ]);
            using HttpResponseMessage granted = await http.PostAsync(
                new Uri("/oauth/token", UriKind.Relative),
                form,
                Cancellation
            );
            JsonNode token = JsonNode.Parse(await granted.Content.ReadAsStringAsync(Cancellation))!;
            http.DefaultRequestHeaders.Authorization = new("Bearer", (string?)token["access_token"]);
            using StringContent nobody = new("""{"identifier":"nobody"}""", null, "application/json");
            using HttpResponseMessage minted = await http.PostAsync(
                new Uri("/api/v1/user_sessions", UriKind.Relative),
                nobody,
                Cancellation
            );
            minted.EnsureSuccessStatusCode(); // stands in the trail
            await server.StopAsync(Cancellation);
        }

        foreach (string log in Directory.EnumerateFiles(data, "behalf.db-*"))
        {
            File.Delete(log);
        }

        await File.WriteAllBytesAsync(Path.Combine(data, "behalf.db"), before, Cancellation);

        (await TheOneOfAsync(data))
            .Should()
            .StartWith("this database is older than the one this node served: ")
            .And.EndWith("If a backup was put back: behalf restore");
    }

    [Fact]
    public async Task DatabaseServerThatIsAway_IsNamed_WithTheNextStep() =>
        (await TheOneOfAsync(folders.NewFolder(), "--database", "Host=127.0.0.1;Port=9;Database=behalf;Timeout=2"))
            .Should()
            .StartWith("database: ")
            .And.EndWith("Start it, or correct its name, address or credentials.");

    [Fact]
    public async Task DatabasesSettingThatLosesCommits_IsNamed_ThoughSessionsRaiseIt()
    {
        (string database, string name) = await MigratedAsync();
        (await AskAsync(folders.NewFolder(), "--database", database)).Should().BeEmpty();

        await AlterAsync(database, $"ALTER DATABASE {name} SET synchronous_commit = off");

        (await TheOneOfAsync(folders.NewFolder(), "--database", database))
            .Should()
            .StartWith("synchronous_commit is off: ")
            .And.EndWith("set it to on");
    }

    /// <summary>The database's own clock, an hour ahead as its sessions see it.</summary>
    [Fact]
    public async Task ClocksThatAreApart_AreNamed_WithTheNextStep()
    {
        (string database, string name) = await MigratedAsync();
        await AlterAsync(
            database,
            $"""
            CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql
              AS 'SELECT pg_catalog.clock_timestamp() + interval ''1 hour''';
            ALTER DATABASE {name} SET search_path = public, pg_catalog
            """
        );

        (await TheOneOfAsync(folders.NewFolder(), "--database", database))
            .Should()
            .Match("clock: this machine and the database are 3??? s apart;*set up time synchronisation");
    }

    private static async Task<(string Database, string Name)> MigratedAsync()
    {
        PostgreSqlServer.Require();
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        (await BehalfServerCommand.RunAsync(["database", "migrate", "--database", database], TextWriter.Null))
            .Should()
            .Be(ExitCodes.Ok);
        return (database, new NpgsqlConnectionStringBuilder(database).Database!);
    }

    private static async Task AlterAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(database);
        await connection.ExecuteAsync(sql);
    }

    private static string NewCertificate(IPAddress host, int from, int until)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(host);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(from), now.AddDays(until));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
