using System.Diagnostics;
using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.RaceSuite.Stage;
using Behalf.Vault;

namespace Behalf.Bench.Stage;

/// <summary>One Behalf server with its users: as people run it, with the defaults.</summary>
internal sealed class BehalfServer : IAsyncDisposable
{
    /// <value>Users of the bench connector, each with a token of their own.</value>
    public const int Users = 32;

    /// <value>One user more has Asana with every scope, for the lists.</value>
    public const string Lister = "u100";

    private static readonly string[] AsanaScope = ["default"]; // all of them

    private readonly string _folder;
    private readonly string _database;
    private readonly Nginx _upstream;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private ServerProcess? _process;
    private JsonNode? _application;

    /// <param name="database">A connection string; empty: SQLite.</param>
    /// <param name="settings">By environment variable; null: the defaults.</param>
    public BehalfServer(
        string name,
        string folder,
        string database,
        Nginx upstream,
        IReadOnlyDictionary<string, string>? settings = null
    )
    {
        (Name, _folder, _database, _upstream) = (name, folder, database, upstream);
        _settings = settings ?? new Dictionary<string, string>(StringComparer.Ordinal);
        Directory.CreateDirectory(folder);
    }

    public string Name { get; }

    public string Address { get; } = $"http://127.0.0.1:{Ports.Free()}";

    public string Data => Path.Combine(_folder, "data");

    /// <value>A connection string; empty: SQLite in <see cref="Data"/>.</value>
    public string Database => _database;

    public string RootKey => _database.Length == 0 ? Path.Combine(Data, "root.key") : Path.Combine(_folder, "root.key");

    public string Connectors => Path.Combine(_folder, "connectors");

    public ServerProcess Process => _process ?? throw new StageException($"{Name} was not started.");

    /// <value>The application's access token.</value>
    public string Token { get; private set; } = string.Empty;

    /// <value>By user, for all tools of the bench connection.</value>
    public IReadOnlyList<string> McpTokens { get; private set; } = [];

    public string ListerMcpToken { get; private set; } = string.Empty;

    /// <summary>The provider's token of a user; the upstream reads the owner from it.</summary>
    public static string ProviderToken(string user) => $"bench.{user}.0123456789abcdef0123456789abcdef";

    /// <returns>From exec to the first success of <c>/health/ready</c>.</returns>
    public async Task<TimeSpan> StartAsync()
    {
        if (!Directory.Exists(Connectors))
        {
            BenchConnector.Write(Connectors);
            await Programs.RunAsync("cp", "-r", Path.GetFullPath("connectors/asana"), Connectors);
        }

        if (_database.Length > 0 && !File.Exists(RootKey))
        {
            RootKeyFile.Create(RootKey);
        }

        long began = Stopwatch.GetTimestamp();
        _process = ServerProcess.Start(
            Path.Combine(_folder, "server.log"),
            _settings,
            ServerProcess.Executable("Behalf.Server"),
            [
                "serve",
                "--data",
                Data,
                "--urls",
                Address,
                "--connectors",
                Connectors,
                "--allow-private-origin",
                _upstream.Origin,
                .. _database.Length == 0 ? Array.Empty<string>() : ["--database", _database, "--root-key", RootKey],
            ]
        );
        await _process.ReadyAsync(new Uri($"{Address}/health/ready"));
        return Stopwatch.GetElapsedTime(began);
    }

    public async Task StopAsync()
    {
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>Connections, accounts and tokens.</summary>
    public async Task FurnishAsync()
    {
        using BehalfClient client = Connect();
        foreach (string connector in (string[])[BenchConnector.Slug, "asana"])
        {
            await client.Connections.AddAsync(
                new NewConnection
                {
                    Connector = connector,
                    ClientId = "bench",
                    ClientSecret = new SecretText("bench-client-secret"),
                    BaseUrl = _upstream.Origin,
                    OAuthUrl = _upstream.Origin,
                    Scopes = connector == "asana" ? AsanaScope : [],
                }
            );
        }

        for (int i = 0; i < Users; i++)
        {
            await AdmitAsync(client, BenchConnector.Slug, $"u{i}", ["read"]);
        }

        await AdmitAsync(client, "asana", Lister, AsanaScope);
        await SignInAsync();
    }

    /// <summary>Fresh credentials of the application and of the users' MCP clients, good for the run.</summary>
    public async Task SignInAsync()
    {
        using HttpClient http = new() { BaseAddress = new Uri(Address) };
        JsonNode application = Application();
        JsonNode token = await AnswerAsync(
            http.PostAsync(
                "/oauth/token",
                new FormUrlEncodedContent(
                    new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["grant_type"] = "client_credentials",
                        ["client_id"] = (string)application["client_id"]!,
                        ["client_secret"] = (string)application["client_secret"]!,
                    }
                )
            )
        );
        Token = (string)token["access_token"]!;
        List<string> tokens = [];
        for (int i = 0; i < Users; i++)
        {
            tokens.Add(await McpTokenAsync(http, BenchConnector.Slug, $"u{i}"));
        }

        McpTokens = tokens;
        ListerMcpToken = await McpTokenAsync(http, "asana", Lister);
    }

    public BehalfClient Connect() =>
        new(
            new BehalfClientOptions
            {
                Server = new Uri(Address),
                ClientId = (string)Application()["client_id"]!,
                ClientSecret = new SecretText((string)Application()["client_secret"]!),
                Timeout = TimeSpan.FromSeconds(60),
                ExecuteTimeout = TimeSpan.FromSeconds(60),
            }
        );

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? default;

    private static async Task AdmitAsync(
        BehalfClient client,
        string connection,
        string user,
        IReadOnlyList<string> scopes
    ) =>
        await client.Accounts.CreateAsync(
            connection,
            user,
            new AccountSettings
            {
                Credential = new AccountCredential.Tokens(
                    new SecretText(ProviderToken(user)),
                    new SecretText("never-used")
                )
                {
                    Scopes = scopes,
                },
            }
        );

    private async Task<string> McpTokenAsync(HttpClient http, string connection, string user)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/mcp/configs/-/tokens");
        request.Headers.Add("Authorization", $"Bearer {Token}");
        request.Headers.Add("behalf-mcp-connection", connection);
        request.Content = new StringContent(
            new JsonObject { ["identifier"] = user, ["expiry"] = "7200s" }.ToJsonString(),
            System.Text.Encoding.UTF8,
            "application/json"
        );
        JsonNode answer = await AnswerAsync(http.SendAsync(request));
        return (string)(answer["token"] ?? throw new StageException($"No token in {answer.ToJsonString()}"))!;
    }

    private static async Task<JsonNode> AnswerAsync(Task<HttpResponseMessage> sent)
    {
        using HttpResponseMessage response = await sent;
        string body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(body)!
            : throw new StageException($"{response.RequestMessage!.RequestUri} answered {response.StatusCode}: {body}");
    }

    private JsonNode Application() =>
        _application ??= JsonNode.Parse(File.ReadAllText(Path.Combine(Data, "credentials.json")))!;
}
