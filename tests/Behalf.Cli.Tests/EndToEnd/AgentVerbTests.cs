using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Cli.Demo;
using Behalf.Client;
using Behalf.Sandbox;
using Behalf.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Behalf.Cli.Tests.EndToEnd;

/// <summary>
/// <c>behalf agent</c> as people have it: the program itself at a terminal, a server on https with a certificate of its
/// own, the practice provider, a browser.
/// </summary>
public sealed partial class AgentVerbTests : IAsyncLifetime
{
    private const string User = "user_123";

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-verb-").FullName;
    private WebApplication _sandbox = null!;
    private RunningServer _server = null!;
    private HttpClient _judge = null!;
    private BehalfClient _behalf = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = SandboxApp.Build(new SandboxOptions());
        await _sandbox.StartAsync();
        string origin = _sandbox.Urls.First();
        _judge = new HttpClient { BaseAddress = new Uri(origin) };
        _server = ServerApp.Build(
            new ServerOptions
            {
                DataFolder = _folder,
                Urls = ["https://localhost:0"],
                AllowedPrivateOrigins = [origin],
                LogLevel = LogLevel.None,
            }
        );
        await _server.StartAsync(CancellationToken.None);
        JsonNode credentials = JsonNode.Parse(await File.ReadAllTextAsync(_server.CredentialsFile))!;
        _behalf = new BehalfClient(
            new BehalfClientOptions
            {
                Server = new Uri(_server.Url),
                ClientId = (string)credentials["client_id"]!,
                ClientSecret = (string)credentials["client_secret"]!,
                CertificateAuthorityPath = _server.AuthorityFile,
            }
        );
        await DeveloperConsole.ConnectAsync(_behalf, _judge, "Command line", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _behalf.Dispose();
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        _judge.Dispose();
        await _sandbox.StopAsync();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task FirstRunConnects_AndEveryFurtherOneUsesTheStoredConnection()
    {
        Assert.SkipWhen(Terminal.Missing is not null, $"needs {Terminal.Missing}");
        const string name = "Ask from a terminal";
        string prompt = $"Create a high-priority task \"{name}\" in the \"Website\" project and assign it to me";

        using (Terminal first = Ask(prompt))
        {
            Uri link = await LinkAsync(first);
            await first.ShowsAsync(Waiting, Cancellation);
            using Browser browser = new("alice", _server.AuthorityFile);
            WebPage page = await browser.AuthorizeAsync(link, "alice", "alice-practice", Cancellation);

            (await first.EndsAsync(Cancellation)).Should().Be(0, first.Shown);
            page.Status.Should().Be(System.Net.HttpStatusCode.OK, page.Text);
            string[] told =
            [
                "Authorize Asana: https://localhost:",
                $"Waiting for {User} to authorize Asana",
                $"{User} is connected to Asana.",
                "Discovered ",
                "-> Calling: asana_create_task",
            ];
            told.Select(text => first.Shown.IndexOf(text, StringComparison.Ordinal))
                .Should()
                .NotContain(-1, first.Shown)
                .And.BeInAscendingOrder("it is told as it happens");
            Discovered.Match(first.Shown).Groups["tools"].Value.Should().NotBe("0");
            JsonNode task = (await TasksAsync()).Single(one => (string)one["name"]! == name);
            ((string?)task["created_by"], (string?)task["assignee"]).Should().Be(("alice", "alice"));
            first
                .Shown[first.Shown.IndexOf(told[^1], StringComparison.Ordinal)..]
                .Should()
                .Contain($"/task/{task["gid"]}", "the answer leads to what was made");
        }

        using Terminal second = Ask("List my open tasks");
        (await second.EndsAsync(Cancellation)).Should().Be(0, second.Shown);
        second.Shown.Should().Contain("-> Calling: asana_").And.Contain(name).And.NotContain("Authorize");
    }

    [Fact]
    public async Task CtrlC_WhileItWaits_LeavesNothingHalfDone()
    {
        Assert.SkipWhen(Terminal.Missing is not null, $"needs {Terminal.Missing}");
        using Terminal terminal = Ask("List my open tasks");
        Uri link = await LinkAsync(terminal);
        using Browser browser = new("alice", _server.AuthorityFile);
        (await browser.OpenAsync(link, Cancellation)).Has("form#continue").Should().BeTrue();
        await terminal.ShowsAsync(Waiting, Cancellation);

        int ended = await terminal.InterruptAsync(Cancellation);

        ended.Should().Be(130, terminal.Shown);
        terminal.Shown.Should().Contain("Stopped. Nothing was connected, and the link no longer works.");
        WebPage page = await browser.OpenAsync(link, Cancellation);
        page.Has("form#continue").Should().BeFalse();
        page.Title.Should().Contain("This link was taken back", "whoever still has it reads what happened");
        ConnectedAccount account = (await _behalf.Accounts.FindAsync("asana", User, Cancellation))!;
        (account.Status, account.Reason).Should().Be(("PENDING_AUTH", "withdrawn"));
    }

    private Terminal Ask(string prompt) =>
        Terminal.Start(
            Path.Combine(
                AppContext.BaseDirectory,
                "..",
                "..",
                "Behalf.Cli",
                new DirectoryInfo(AppContext.BaseDirectory).Name,
                "Behalf.Cli"
            ),
            ["agent", "--identifier", User, prompt, "--practice-model", _judge.BaseAddress!.ToString()],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["BEHALF_DATA"] = _folder }
        );

    private static async Task<Uri> LinkAsync(Terminal terminal) =>
        new((await terminal.ShowsAsync(Link, Cancellation)).Groups["link"].Value);

    private async Task<IEnumerable<JsonNode>> TasksAsync() =>
        (await _judge.GetFromJsonAsync<JsonNode>("/_sandbox/data", Cancellation))!["tasks"]!
            .AsArray()
            .Select(task => task!);

    [GeneratedRegex("Authorize Asana: (?<link>https://\\S+)\n", RegexOptions.NonBacktracking)]
    private static partial Regex Link { get; }

    [GeneratedRegex("Waiting for user_123 to authorize Asana … [0-9]+ s", RegexOptions.NonBacktracking)]
    private static partial Regex Waiting { get; }

    [GeneratedRegex("Discovered (?<tools>[0-9]+) tools", RegexOptions.NonBacktracking)]
    private static partial Regex Discovered { get; }
}
