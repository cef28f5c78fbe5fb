using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Behalf.Cli.Demo;
using Behalf.Client;
using Behalf.Sandbox;
using Microsoft.AspNetCore.Builder;

namespace Behalf.Crash.Tests;

/// <summary>
/// A real server process on one data folder that can be killed and started again, beside a practice provider that
/// survives and remembers what it was asked. Shared by the rules of a class, each of which brings users of its own.
/// </summary>
public sealed class Victim : IAsyncLifetime
{
    private const int Killed = 128 + 9; // SIGKILL

    private static readonly Uri VerifyPage = new("http://127.0.0.1:9/verified");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-crash-").FullName;
    private readonly string _address = $"http://127.0.0.1:{FreePort()}";
    private readonly WebApplication _sandbox = SandboxApp.Build(new SandboxOptions { RequestsPerMinute = 1_000_000 });
    private HttpClient? _judge;
    private BehalfClient? _behalf;
    private ChildProcess? _server;
    private int _starts;
    private bool _lives;

    public BehalfClient Behalf => _behalf ?? throw new InvalidOperationException("The server was not started.");

    public string Folder => _folder;

    public string Database => Path.Combine(Data, "behalf.db");

    private HttpClient Judge => _judge!;

    private string Data => Path.Combine(_folder, "data");

    private string Ready => Path.Combine(Data, "server.json");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _sandbox.StartAsync(Cancellation);
        _judge = new HttpClient { BaseAddress = new Uri(_sandbox.Urls.First()) };
        await StartAsync();
        await DeveloperConsole.ConnectAsync(Behalf, Judge, "Crash", Cancellation);
    }

    /// <summary>Starts a server that lives, unless one is running: the rule before this one leaves its own.</summary>
    public async Task StartAsync()
    {
        if (_lives)
        {
            return;
        }

        await LaunchAsync([]);
        _lives = true;
        await _server!.ReadyAsync(Ready, Patience, Cancellation);
        await TalkAsync();
    }

    /// <summary>Starts a server that kills itself when it reaches the milestone.</summary>
    /// <param name="milestone">One, several in order with <c>&gt;</c> between them, or <c>*</c> for any.</param>
    /// <param name="count">The how manieth time it dies.</param>
    /// <param name="delay">Milliseconds that it still lives then.</param>
    /// <returns>False when it died before it was ready.</returns>
    public async Task<bool> StartDoomedAsync(string milestone, int count = 1, int delay = 0)
    {
        await LaunchAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Behalf.CrashHook.dll"),
                ["CRASH_AT"] = milestone,
                ["CRASH_COUNT"] = count.ToString(CultureInfo.InvariantCulture),
                ["CRASH_DELAY"] = delay.ToString(CultureInfo.InvariantCulture),
            }
        );
        Task death = DeathAsync();
        Task ready = _server!.ReadyAsync(Ready, Patience, Cancellation);
        if (await Task.WhenAny(ready, death) == death || !ready.IsCompletedSuccessfully)
        {
            await death;
            await Record.ExceptionAsync(() => ready);
            return false;
        }

        await TalkAsync();
        return true;
    }

    /// <summary>Waits until the doomed process is gone; fails when it lives on, or ended in another way.</summary>
    public async Task DeathAsync() =>
        (await _server!.ExitedAsync(Patience, Cancellation))
            .Should()
            .Be(Killed, "the server has to die where it is killed, see {0}", _server.LogPath);

    /// <summary>Ends the process as it stands, without a word.</summary>
    public async Task KillAsync()
    {
        _lives = false;
        _server!.KillNow();
        await DeathAsync();
    }

    /// <summary>Connects a user through the real flow.</summary>
    /// <param name="identifier">The application's user.</param>
    /// <param name="person">Who signs in at the provider.</param>
    /// <exception cref="Exception">Whatever a dying server makes of it.</exception>
    public async Task ConnectAsync(string identifier, string person = "alice")
    {
        using Browser browser = new(person) { StopsAt = uri => uri.Port == VerifyPage.Port };
        AuthorizationLink link = await Behalf.Accounts.CreateLinkAsync(
            "asana",
            identifier,
            VerifyPage,
            cancellationToken: Cancellation
        );
        WebPage page = await browser.AuthorizeAsync(link.Link, person, $"{person}-practice", Cancellation);
        string requestId = System.Web.HttpUtility.ParseQueryString(page.Uri.Query)["auth_request_id"]!;
        await Behalf.Accounts.VerifyAsync(requestId, identifier, Cancellation);
    }

    public async Task<ToolOutcome> CallAsync(string identifier, string tool, JsonObject arguments)
    {
        using UserClient user = Behalf.CreateUserClient(identifier);
        return await user.CallToolAsync(tool, arguments, null, Cancellation);
    }

    /// <summary>With a key of the application's own.</summary>
    public Task<ToolOutcome> CallAsync(string identifier, string tool, JsonObject arguments, string key) =>
        Behalf.Tools.ExecuteAsync(
            identifier,
            tool,
            arguments,
            new ExecuteOptions { IdempotencyKey = key },
            Cancellation
        );

    public async Task FaultsAsync(JsonObject faults)
    {
        using HttpResponseMessage answer = await Judge.PostAsJsonAsync("/_sandbox/faults", faults, Cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>How many of the faults were not hit yet.</summary>
    public async Task<int> FaultsLeftAsync()
    {
        JsonNode faults = (await Judge.GetFromJsonAsync<JsonNode>("/_sandbox/faults", Cancellation))!;
        return faults["rules"]!.AsArray().Count;
    }

    public async Task<int> TasksNamedAsync(string name)
    {
        JsonNode data = (await Judge.GetFromJsonAsync<JsonNode>("/_sandbox/data", Cancellation))!;
        return data["tasks"]!.AsArray().Count(task => (string)task!["name"]! == name);
    }

    /// <summary>What the provider was asked and answered with a status.</summary>
    public async Task<IReadOnlyList<string>> RequestsOfAsync(string person)
    {
        JsonNode log = (await Judge.GetFromJsonAsync<JsonNode>("/_sandbox/requests", Cancellation))!;
        return
        [
            .. log["requests"]!
                .AsArray()
                .Where(request => (string?)request!["user"] == person)
                .Select(request => $"{request!["method"]} {request["path"]} {request["status"]}"),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _behalf?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _judge?.Dispose();
        await _sandbox.StopAsync(CancellationToken.None);
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task LaunchAsync(Dictionary<string, string> environment)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (Directory.Exists(Data))
        {
            File.Delete(Ready);
        }

        _lives = false;
        _server = ChildProcess.Start(
            "Behalf.Server",
            Path.Combine(_folder, $"server-{++_starts}.log"),
            ["serve", "--data", Data, "--urls", _address, "--allow-private-origin", _sandbox.Urls.First()],
            environment
        );
    }

    private async Task TalkAsync()
    {
        string text = await File.ReadAllTextAsync(Path.Combine(Data, "credentials.json"), Cancellation);
        JsonNode credentials = JsonNode.Parse(text)!;
        _behalf?.Dispose();
        _behalf = new BehalfClient(
            new BehalfClientOptions
            {
                Server = new Uri(_address),
                ClientId = (string)credentials["client_id"]!,
                ClientSecret = new SecretText((string)credentials["client_secret"]!),
                Timeout = TimeSpan.FromSeconds(10),
                ExecuteTimeout = TimeSpan.FromSeconds(20),
            }
        );
    }

    /// <summary>Below the ports that systems give to outgoing connections, so that it is still free after each death.</summary>
    private static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            using TcpListener probe = new(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken: try another
            }
        }
    }
}
