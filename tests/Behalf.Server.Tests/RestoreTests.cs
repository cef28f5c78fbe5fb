using System.Text.Json;
using Behalf.Server.Commands;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>
/// A database that was put back from a backup is not served as if nothing had happened: it is recognised, and who was
/// revoked since stays so when the ledger is given.
/// </summary>
public sealed class RestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-restore-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private string Backup => Path.Combine(_folder, "backup.db");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<int> RunAsync(params string[] arguments) => BehalfServerCommand.RunAsync(arguments);

    private RunningServer NewServer(Stage stage) => ServerApp.Build(stage.Options with { DataFolder = Data });

    [Fact]
    public async Task OlderDatabase_IsNotServed_UntilTheRestoreIsAccepted()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        string alice = await stage.ConnectAsync("alice");
        string bob = await stage.ConnectAsync("bob");
        (await RunAsync("backup", "--data", Path.GetDirectoryName(stage.Server.DatabaseFile)!, "--out", Backup))
            .Should()
            .Be(ExitCodes.Ok, "a backup is made while the server runs");
        Reply revoked = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:revoke",
            stage.Server.ServiceToken,
            """{"identifier":"bob"}"""
        );
        revoked.Status.Should().Be(200, revoked.Body);
        string ledger = Path.Combine(_folder, "ledger.jsonl");
        Typed exported = await stage.Server.BehalfAsync("revocation", "export", "--out", ledger);
        exported.Exit.Should().Be(ExitCodes.Ok, exported.Error);
        (await File.ReadAllLinesAsync(ledger, Cancellation)).Should().ContainSingle("bob was revoked, once");
        (string clientId, string clientSecret) = stage.Server.ServiceClient;
        await stage.Server.LeaveAsync(Data);
        File.Copy(Backup, Path.Combine(Data, "behalf.db"), overwrite: true);
        File.Delete(Path.Combine(Data, "behalf.db-wal"));
        File.Delete(Path.Combine(Data, "behalf.db-shm"));

        await using (RunningServer refused = NewServer(stage))
        {
            Func<Task> start = () => refused.StartAsync(Cancellation);
            (await start.Should().ThrowAsync<StartupException>())
                .Which.Message.Should()
                .Contain("older than the one this node served")
                .And.Contain("behalf restore");
        }

        (await RunAsync("restore", "--data", Data, "--ledger", ledger, "--json")).Should().Be(ExitCodes.Ok);
        await using RunningServer server = NewServer(stage);
        await server.StartAsync(Cancellation);
        using HttpClient http = new() { BaseAddress = new Uri(server.Url) };
        (await StatusAsync(http, stage.Server.ServiceToken, alice)).Should().BeNull("tokens of before have ended");
        string token = await TokenAsync(http, clientId, clientSecret);
        (await StatusAsync(http, token, alice)).Should().Be("ACTIVE");
        (await StatusAsync(http, token, bob)).Should().Be("DISCONNECTED");
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task BackupIsPutBack_AndWhatWasThereIsKept()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await RunAsync("backup", "--data", Path.GetDirectoryName(stage.Server.DatabaseFile)!, "--out", Backup);
        await stage.ConnectAsync("alice");
        await stage.Server.LeaveAsync(Data);

        (await RunAsync("restore", Backup, "--data", Data)).Should().Be(ExitCodes.Ok);

        Directory.EnumerateFiles(Data, "behalf.db.before-*").Should().NotBeEmpty();
        await using RunningServer server = NewServer(stage);
        await server.StartAsync(Cancellation);
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task DamagedBackup_OrLedger_ChangesNothing()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await RunAsync("backup", "--data", Path.GetDirectoryName(stage.Server.DatabaseFile)!, "--out", Backup);
        await stage.Server.LeaveAsync(Data);
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(Data, "behalf.db"), Cancellation);
        string damaged = Path.Combine(_folder, "damaged.db");
        byte[] bytes = await File.ReadAllBytesAsync(Backup, Cancellation);
        bytes.AsSpan(bytes.Length / 2).Fill(0x55);
        await File.WriteAllBytesAsync(damaged, bytes, Cancellation);
        string ledger = Path.Combine(_folder, "ledger.jsonl");
        await File.WriteAllTextAsync(ledger, "{}\n", Cancellation);

        (await RunAsync("restore", damaged, "--data", Data)).Should().Be(ExitCodes.Failed);
        (await RunAsync("restore", Path.Combine(_folder, "none.db"), "--data", Data)).Should().Be(ExitCodes.Failed);
        (await RunAsync("restore", Backup, "--data", Data, "--ledger", ledger)).Should().Be(ExitCodes.Failed);
        (await RunAsync("backup", "--data", Data, "--out", Backup)).Should().Be(ExitCodes.Failed, "it exists");

        (await File.ReadAllBytesAsync(Path.Combine(Data, "behalf.db"), Cancellation)).Should().Equal(before);
    }

    private static async Task<string> TokenAsync(HttpClient http, string id, string secret)
    {
        using FormUrlEncodedContent form = new(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = id,
                ["client_secret"] = secret,
            }
        );
        using HttpResponseMessage answer = await http.PostAsync(
            new Uri("/oauth/token", UriKind.Relative),
            form,
            Cancellation
        );
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    /// <returns>Null: the token is refused.</returns>
    private static async Task<string?> StatusAsync(HttpClient http, string token, string account)
    {
        using HttpRequestMessage request = new(
            HttpMethod.Get,
            new Uri($"/api/v1/connected_accounts/{account}", UriKind.Relative)
        );
        request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
        if (answer.StatusCode == System.Net.HttpStatusCode.Unauthorized)
        {
            return null;
        }

        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return json.RootElement.GetProperty("connected_account").GetProperty("status").GetString();
    }
}
