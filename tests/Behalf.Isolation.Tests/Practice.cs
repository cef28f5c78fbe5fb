using System.Buffers;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Behalf.Cli.Demo;
using Behalf.Client;
using Behalf.Isolation.Tests;
using Behalf.Sandbox;
using Behalf.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(Practice))]

namespace Behalf.Isolation.Tests;

/// <summary>
/// The whole service in this process on free ports, with the practice provider beside it and every person connected
/// through the real flow. The server logs everything it can; what it logged is kept.
/// </summary>
/// <param name="people">Those who connect.</param>
/// <param name="world">A world document; null: the built-in one.</param>
public abstract class PracticeHouse(IReadOnlyList<string> people, string? world) : IAsyncLifetime
{
    /// <value>The collection of the tests that share <see cref="Practice"/>: what one changes, another would count.</value>
    public const string OneAtATime = "practice";

    private static readonly Uri VerifyPage = new("http://127.0.0.1:9/verified");

    /// <summary>How the practice provider's tokens, codes and secrets begin, ours, and what stands before a token in a header.</summary>
    private static readonly string[] TokenMarks =
    [
        "practice-access-",
        "practice-refresh-",
        "practice-code-",
        "practice-secret-",
        "practice-pat-",
        "sks_",
        "Bearer ",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-isolation-").FullName;
    private readonly Dictionary<string, UserClient> _users = new(StringComparer.Ordinal);
    private WebApplication? _sandbox;
    private RunningServer? _server;
    private HttpClient? _judge;
    private BehalfClient? _behalf;

    /// <value>Sees everybody's everything; the service account is not connected at all.</value>
    public static IReadOnlyList<string> People { get; } = ["alice", "bob", "carol", "dave", "erin"];

    /// <summary>The e-mail address of somebody else.</summary>
    public static string Other(string person) => person == "alice" ? "carol@acme.com" : "alice@acme.com";

    public KeptLog Log { get; } = new();

    public BehalfClient Behalf => _behalf!;

    /// <value>Where the practice model answers.</value>
    public Uri Model => _judge!.BaseAddress!;

    public Objects Objects { get; private set; } = null!;

    public UserClient As(string person) => _users[person];

    /// <value>What a command line finds the server by, in its environment.</value>
    internal Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Other providers beside the practice Asana.</summary>
    /// <returns>Their origins.</returns>
    protected virtual Task<IReadOnlyList<string>> StartOthersAsync() => Task.FromResult<IReadOnlyList<string>>([]);

    protected virtual ValueTask StopOthersAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask InitializeAsync()
    {
        CancellationToken cancellationToken = CancellationToken.None;
        IReadOnlyList<string> others = await StartOthersAsync();
        _sandbox = SandboxApp.Build(
            new SandboxOptions
            {
                World = world,
                RequestsPerMinute = 1_000_000,
                SearchesPerMinute = 1_000_000,
            }
        );
        await _sandbox.StartAsync(cancellationToken);
        string origin = _sandbox.Urls.First();
        _judge = new HttpClient { BaseAddress = new Uri(origin) };

        _server = ServerApp.Build(
            new ServerOptions
            {
                DataFolder = Path.Combine(_folder, "data"),
                Urls = ["http://127.0.0.1:0"],
                AllowedPrivateOrigins = [origin, .. others],
                LogLevel = LogLevel.Trace,
                ConfigureServices = services =>
                    services.AddLogging(logging => logging.ClearProviders().AddProvider(Log)),
            }
        );
        await _server.StartAsync(cancellationToken);
        JsonNode credentials = JsonNode.Parse(await File.ReadAllTextAsync(_server.CredentialsFile, cancellationToken))!;
        _behalf = new BehalfClient(
            new BehalfClientOptions
            {
                Server = new Uri(_server.Url),
                ClientId = (string)credentials["client_id"]!,
                ClientSecret = new SecretText((string)credentials["client_secret"]!),
            }
        );
        Variables["BEHALF_URL"] = _server.Url;
        Variables["BEHALF_CLIENT_ID"] = (string)credentials["client_id"]!;
        Variables["BEHALF_CLIENT_SECRET"] = (string)credentials["client_secret"]!;
        await DeveloperConsole.ConnectAsync(Behalf, _judge!, "Isolation", cancellationToken, "default");
        JsonNode cast = (await _judge.GetFromJsonAsync<JsonNode>("/_sandbox/world", cancellationToken))!;
        foreach (string person in people)
        {
            JsonNode user = cast["users"]!.AsArray().Single(u => (string)u!["key"]! == person)!;
            await ConnectAsync(person, (string)user["password"]!, cancellationToken);
            _users[person] = _behalf.CreateUserClient(person);
        }

        Objects = await Objects.ReadAsync(_judge, cancellationToken);
    }

    public async Task<JsonNode> DataAsync(CancellationToken cancellationToken) =>
        (await _judge!.GetFromJsonAsync<JsonNode>("/_sandbox/data", cancellationToken))!;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (UserClient user in _users.Values)
        {
            user.Dispose();
        }

        _behalf?.Dispose();
        if (_server is not null)
        {
            await _server.StopAsync(CancellationToken.None);
            await _server.DisposeAsync();
        }

        _judge?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.StopAsync();
            await _sandbox.DisposeAsync();
        }

        await StopOthersAsync();
        Directory.Delete(_folder, recursive: true);
        CheckLog();
    }

    /// <summary>
    /// After everything that any test did: no text of an object and nothing that opens anything stands in the log, at any
    /// level.
    /// </summary>
    private void CheckLog()
    {
        if (Objects is null)
        {
            return; // it did not even start
        }

        Log.Lines.Should().NotBeEmpty("a log of everything was kept");
        SearchValues<string> secrets = SearchValues.Create(
            [
                .. Objects.Canaries,
                .. Objects.World["users"]!.AsArray().Select(user => (string)user!["password"]!),
                .. TokenMarks,
            ],
            StringComparison.Ordinal
        );
        Log.Lines.Where(line => line.AsSpan().ContainsAny(secrets)).Should().BeEmpty();
    }

    /// <summary>What the sandbox was asked since it started or since some request, as it saw it.</summary>
    public async Task<JsonArray> RequestsAsync(CancellationToken cancellationToken, long since = 0) =>
        (
            await _judge!.GetFromJsonAsync<JsonNode>(
                string.Create(CultureInfo.InvariantCulture, $"/_sandbox/requests?since={since}"),
                cancellationToken
            )
        )!["requests"]!.AsArray();

    public async Task<long> LastRequestAsync(CancellationToken cancellationToken) =>
        (await RequestsAsync(cancellationToken)).Select(request => (long)request!["sequence"]!).LastOrDefault();

    /// <summary>The responses that the practice model gives instead of planning.</summary>
    public async Task ScriptAsync(JsonArray responses, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await _judge!.PostAsJsonAsync(
            "/_practice/script",
            responses,
            cancellationToken
        );
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>At a provider that asks nothing: the link, its button, the way back, the verification.</summary>
    protected async Task ConnectAsync(string connection, string person)
    {
        CancellationToken cancellationToken = CancellationToken.None;
        using Browser browser = new(person) { StopsAt = uri => uri.Port == VerifyPage.Port };
        AuthorizationLink link = await Behalf.Accounts.CreateLinkAsync(
            connection,
            person,
            VerifyPage,
            cancellationToken: cancellationToken
        );
        WebPage page = await browser.OpenAsync(link.Link, cancellationToken);
        page = await browser.SubmitAsync(page, "form#continue", new Dictionary<string, string>(), cancellationToken);
        string requestId = System.Web.HttpUtility.ParseQueryString(page.Uri.Query)["auth_request_id"]!;
        await Behalf.Accounts.VerifyAsync(requestId, person, cancellationToken);
    }

    private async Task ConnectAsync(string person, string password, CancellationToken cancellationToken)
    {
        using Browser browser = new(person) { StopsAt = uri => uri.Port == VerifyPage.Port };
        AuthorizationLink link = await Behalf.Accounts.CreateLinkAsync(
            "asana",
            person,
            VerifyPage,
            cancellationToken: cancellationToken
        );
        WebPage page = await browser.AuthorizeAsync(link.Link, person, password, cancellationToken);
        string requestId = System.Web.HttpUtility.ParseQueryString(page.Uri.Query)["auth_request_id"]!;
        await Behalf.Accounts.VerifyAsync(requestId, person, cancellationToken);
    }
}

/// <summary>The built-in world, for all tests of this assembly.</summary>
public sealed class Practice() : PracticeHouse(People, null);
