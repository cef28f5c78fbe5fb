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
/// survives and remembers what it was asked.
/// </summary>
internal sealed class Victim : IAsyncDisposable
{
    private static readonly Uri VerifyPage = new("http://127.0.0.1:9/verified");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-crash-").FullName;
    private readonly string _address;
    private readonly WebApplication _sandbox;
    private ChildProcess? _server;
    private int _starts;

    private Victim(WebApplication sandbox, string address)
    {
        _sandbox = sandbox;
        _address = address;
        Judge = new HttpClient { BaseAddress = new Uri(sandbox.Urls.First()) };
    }

    public HttpClient Judge { get; }

    public BehalfClient Behalf { get; private set; } = null!;

    private string Data => Path.Combine(_folder, "data");

    public static async Task<Victim> CreateAsync(CancellationToken cancellationToken)
    {
        WebApplication sandbox = SandboxApp.Build(new SandboxOptions { RequestsPerMinute = 1_000_000 });
        await sandbox.StartAsync(cancellationToken);
        Victim victim = new(sandbox, $"http://127.0.0.1:{FreePort()}");
        await victim.StartAsync([], cancellationToken);
        await victim.AddConnectionAsync(cancellationToken);
        return victim;
    }

    /// <summary>Starts the server; it kills itself when it reaches the milestone.</summary>
    public Task StartDoomedAsync(string milestone, CancellationToken cancellationToken) =>
        StartDoomedAsync(milestone, [], cancellationToken);

    public Task StartDoomedAsync(
        string milestone,
        Dictionary<string, string> environment,
        CancellationToken cancellationToken
    ) =>
        StartAsync(
            new Dictionary<string, string>(environment, StringComparer.Ordinal)
            {
                ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Behalf.CrashHook.dll"),
                ["CRASH_AT"] = milestone,
            },
            cancellationToken
        );

    public Task StartAsync(CancellationToken cancellationToken) => StartAsync([], cancellationToken);

    /// <param name="environment">For example a refresh margin under which every credential is stale.</param>
    public async Task StartAsync(Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Behalf?.Dispose();
        string ready = Path.Combine(Data, "server.json");
        File.Delete(ready);
        _server = ChildProcess.Start(
            "Behalf.Server",
            Path.Combine(_folder, $"server-{++_starts}.log"),
            ["serve", "--data", Data, "--urls", _address, "--allow-private-origin", _sandbox.Urls.First()],
            environment
        );
        await _server.ReadyAsync(ready, Patience, cancellationToken);
        JsonNode credentials = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(Data, "credentials.json"), cancellationToken)
        )!;
        Behalf = new BehalfClient(
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

    /// <summary>Waits until the doomed process is gone.</summary>
    public Task DeathAsync(CancellationToken cancellationToken) => _server!.ExitedAsync(Patience, cancellationToken);

    /// <summary>Ends the process as it stands, without a word.</summary>
    public void Kill() => _server!.KillNow();

    /// <summary>Connects a person through the real flow.</summary>
    /// <exception cref="Exception">Whatever a dying server makes of it.</exception>
    public async Task ConnectAsync(string person, CancellationToken cancellationToken)
    {
        using Browser browser = new(person) { StopsAt = uri => uri.Port == VerifyPage.Port };
        AuthorizationLink link = await Behalf.Accounts.CreateLinkAsync(
            "asana",
            person,
            VerifyPage,
            cancellationToken: cancellationToken
        );
        WebPage page = await browser.OpenAsync(link.Link, cancellationToken);
        page = await browser.SubmitAsync(page, "form#continue", new Dictionary<string, string>(), cancellationToken);
        page = await browser.SubmitAsync(
            page,
            "form#sign-in",
            new Dictionary<string, string> { ["username"] = person, ["password"] = $"{person}-practice" },
            cancellationToken
        );
        page = await browser.SubmitAsync(
            page,
            "form#consent",
            new Dictionary<string, string> { ["decision"] = "allow" },
            cancellationToken
        );
        string requestId = System.Web.HttpUtility.ParseQueryString(page.Uri.Query)["auth_request_id"]!;
        await Behalf.Accounts.VerifyAsync(requestId, person, cancellationToken);
    }

    public async Task<ToolOutcome> CallAsync(
        string person,
        string tool,
        JsonObject arguments,
        CancellationToken cancellationToken
    )
    {
        using UserClient user = Behalf.CreateUserClient(person);
        return await user.CallToolAsync(tool, arguments, null, cancellationToken);
    }

    public async Task FaultsAsync(JsonObject faults, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await Judge.PostAsJsonAsync("/_sandbox/faults", faults, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<int> TasksNamedAsync(string name, CancellationToken cancellationToken)
    {
        JsonNode data = (await Judge.GetFromJsonAsync<JsonNode>("/_sandbox/data", cancellationToken))!;
        return data["tasks"]!.AsArray().Count(task => (string)task!["name"]! == name);
    }

    public async ValueTask DisposeAsync()
    {
        Behalf?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Judge.Dispose();
        await _sandbox.StopAsync();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AddConnectionAsync(CancellationToken cancellationToken)
    {
        string origin = _sandbox.Urls.First();
        using HttpResponseMessage made = await Judge.PostAsJsonAsync(
            "/_sandbox/apps",
            new JsonObject { ["name"] = "Crash", ["redirect_uris"] = new JsonArray() },
            cancellationToken
        );
        JsonNode app = (await made.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!;
        ConnectionDetails connection = await Behalf.Connections.AddAsync(
            new NewConnection
            {
                Connector = "asana",
                ClientId = (string)app["client_id"]!,
                ClientSecret = new SecretText((string)app["client_secret"]!),
                BaseUrl = origin,
                OAuthUrl = origin,
            },
            cancellationToken
        );
        using HttpResponseMessage registered = await Judge.PutAsJsonAsync(
            $"/_sandbox/apps/{connection.ClientId}",
            new JsonObject { ["redirect_uris"] = new JsonArray(connection.RedirectUri) },
            cancellationToken
        );
        registered.EnsureSuccessStatusCode();
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
