using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Behalf.Cli.Demo;
using Behalf.Client;
using Behalf.Sandbox;
using Behalf.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Behalf.Samples.Tests;

/// <summary>samples/dotnet-console as a process of its own, against the practice provider and the practice model.</summary>
public sealed class ConsoleSampleTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-samples-").FullName;
    private WebApplication _sandbox = null!;
    private RunningServer _server = null!;
    private (string Id, string Secret) _client;

    public async ValueTask InitializeAsync()
    {
        _sandbox = SandboxApp.Build(new SandboxOptions());
        await _sandbox.StartAsync();
        _server = ServerApp.Build(
            new ServerOptions
            {
                DataFolder = Path.Combine(_folder, "data"),
                Urls = ["http://127.0.0.1:0"],
                AllowedPrivateOrigins = [Origin],
                LogLevel = LogLevel.Error,
            }
        );
        await _server.StartAsync(CancellationToken.None);
        JsonNode credentials = JsonNode.Parse(await File.ReadAllTextAsync(_server.CredentialsFile))!;
        _client = ((string)credentials["client_id"]!, (string)credentials["client_secret"]!);
        using BehalfClient behalf = new(
            new BehalfClientOptions
            {
                Server = new Uri(_server.Url),
                ClientId = _client.Id,
                ClientSecret = _client.Secret,
            }
        );
        using HttpClient console = new() { BaseAddress = new Uri(Origin) };
        await DeveloperConsole.ConnectAsync(behalf, console, "Console sample", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        await _sandbox.StopAsync();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task TheFirstRunConnects_AndEveryFurtherOneUsesIt()
    {
        (int first, string connected) = await RunAsync("alice", "List my open tasks", connects: true);
        (int second, string again) = await RunAsync("alice", "List my open tasks", connects: false);

        first.Should().Be(0, connected);
        connected.Should().Contain("→ asana_");
        second.Should().Be(0, again);
        again.Should().Contain("→ asana_").And.NotContain("Open http");
    }

    [Fact]
    public async Task AWrongCode_ConnectsNothing()
    {
        using Process sample = Start("bob", "List my open tasks");
        await LinkOfAsync(sample);
        await sample.StandardInput.WriteLineAsync("ABCD-EFGH".AsMemory(), TestContext.Current.CancellationToken);

        await sample
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);

        sample.ExitCode.Should().NotBe(0);
    }

    private string Origin => _sandbox.Urls.First();

    private async Task<(int ExitCode, string Output)> RunAsync(string identifier, string prompt, bool connects)
    {
        using Process sample = Start(identifier, prompt);
        if (connects)
        {
            string code = await ConsentAsync(identifier, await LinkOfAsync(sample));
            await sample.StandardInput.WriteLineAsync(code);
        }

        Task<string> output = sample.StandardOutput.ReadToEndAsync();
        Task<string> errors = sample.StandardError.ReadToEndAsync();
        await sample
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (sample.ExitCode, await output + await errors);
    }

    private Process Start(string identifier, string prompt)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string program = Path.Combine(
            AppContext.BaseDirectory,
            "..",
            "..",
            "DotnetConsole",
            configuration,
            "DotnetConsole.dll"
        );
        ProcessStartInfo start = new(
            Environment.ProcessPath is { } host && host.EndsWith("dotnet", StringComparison.Ordinal) ? host : "dotnet"
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            ArgumentList = { program, identifier, prompt },
        };
        start.Environment["BEHALF_URL"] = _server.Url;
        start.Environment["BEHALF_CLIENT_ID"] = _client.Id;
        start.Environment["BEHALF_CLIENT_SECRET"] = _client.Secret;
        start.Environment["ANTHROPIC_BASE_URL"] = Origin;
        start.Environment["ANTHROPIC_MODEL"] = "practice-1";
        start.Environment["ANTHROPIC_API_KEY"] = "practice";
        return Process.Start(start)!;
    }

    private static async Task<Uri> LinkOfAsync(Process sample)
    {
        string? line = await sample
            .StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask()
            .WaitAsync(Patience);
        line.Should().StartWith("Open http");
        return new Uri(line!["Open ".Length..]);
    }

    /// <summary>What a person does in the browser.</summary>
    /// <returns>The code its last page shows.</returns>
    private async Task<string> ConsentAsync(string person, Uri link)
    {
        using HttpClient judge = new() { BaseAddress = new Uri(Origin) };
        JsonNode world = (await judge.GetFromJsonAsync<JsonNode>("/_sandbox/world"))!;
        JsonNode user = world["users"]!.AsArray().Single(u => (string)u!["key"]! == person)!;
        using Browser browser = new(person);
        WebPage page = await browser.AuthorizeAsync(
            link,
            person,
            (string)user["password"]!,
            TestContext.Current.CancellationToken
        );
        return page.Document.QuerySelector("#code")!.TextContent.Trim();
    }
}
