using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Cli.Demo;

/// <summary>The demo's processes: practice provider, server and application, each on a free port with its own folder.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <value>The application as Behalf knows it: an API client of its own.</value>
    public const string ApplicationName = "Team agent";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<ChildProcess> _processes = [];

    private Stage(string folder) => Folder = folder;

    public string Folder { get; }

    public required World World { get; init; }

    public required Uri SandboxUrl { get; init; }

    public required Uri ServerUrl { get; init; }

    public required Uri ApplicationUrl { get; init; }

    public required HttpClient Sandbox { get; init; }

    /// <value>With the service credential, to look at account states and the audit trail.</value>
    public required BehalfClient Behalf { get; init; }

    public required string Connection { get; init; }

    /// <value>True: no key is set, and the practice model plans.</value>
    public required bool IsPractice { get; init; }

    /// <value>What its processes wrote, each by its name.</value>
    public IEnumerable<(string Name, string Path)> Logs => _processes.Select(one => (one.Name, one.LogPath));

    /// <param name="worldFile">Null: the built-in world.</param>
    /// <param name="narrator">Hears of each process as it is ready.</param>
    public static async Task<Stage> SetAsync(
        string folder,
        string? worldFile,
        Narrator narrator,
        CancellationToken cancellationToken
    )
    {
        List<ChildProcess> started = [];
        try
        {
            return await StartAsync(folder, worldFile, narrator, started, cancellationToken);
        }
        catch
        {
            await EndAsync(started);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Sandbox.Dispose();
        Behalf.Dispose();
        await EndAsync(_processes);
    }

    private static async Task<Stage> StartAsync(
        string folder,
        string? worldFile,
        Narrator narrator,
        List<ChildProcess> started,
        CancellationToken cancellationToken
    )
    {
        ChildProcess Start(
            string project,
            string name,
            string[] arguments,
            Dictionary<string, string>? environment = null
        )
        {
            ChildProcess child = ChildProcess.Start(
                project,
                Path.Combine(folder, name + ".log"),
                arguments,
                environment ?? []
            );
            started.Add(child);
            return child;
        }

        async Task<string> ReadyAsync(ChildProcess child, string readyFile, string name)
        {
            await using IAsyncDisposable waiting = narrator.Starting(name);
            return await child.ReadyAsync(readyFile, Patience, cancellationToken);
        }

        string sandboxReady = Path.Combine(folder, "sandbox.json");
        string[] world = worldFile is null ? [] : ["--world", Path.GetFullPath(worldFile)];
        ChildProcess sandboxProcess = Start(
            "Behalf.Sandbox",
            "sandbox",
            ["sandbox", "--urls", "http://127.0.0.1:0", "--ready-file", sandboxReady, .. world]
        );
        Uri sandboxUrl = UrlIn(await ReadyAsync(sandboxProcess, sandboxReady, "the practice Asana"));
        HttpClient sandbox = new() { BaseAddress = sandboxUrl };
        World cast = await World.ReadAsync(sandbox, cancellationToken);
        narrator.Fact("practice Asana", $"{sandboxUrl}  organization {cast.Organization}");

        string data = Path.Combine(folder, "data");
        string origin = sandboxUrl.GetLeftPart(UriPartial.Authority);
        ChildProcess server = Start(
            "Behalf.Server",
            "server",
            ["serve", "--data", data, "--urls", "http://127.0.0.1:0", "--allow-private-origin", origin]
        );
        Uri serverUrl = UrlIn(await ReadyAsync(server, Path.Combine(data, "server.json"), "Behalf"));
        narrator.Fact("Behalf", $"{serverUrl}  SQLite, new data folder");
        BehalfClient behalf = new(Credentials(Path.Combine(data, "credentials.json"), serverUrl));
        ConnectionDetails connection = await DeveloperConsole.ConnectAsync(
            behalf,
            sandbox,
            ApplicationName,
            cancellationToken
        );

        string applicationReady = Path.Combine(folder, "application.json");
        string users = Path.Combine(folder, "users.json");
        await File.WriteAllTextAsync(
            users,
            JsonSerializer.Serialize(
                cast.Cast.Select(p => new
                {
                    identifier = p.Key,
                    name = p.Name,
                    password = p.Password,
                })
            ),
            cancellationToken
        );
        Dictionary<string, string> model = Models.Choose(sandboxUrl, out string modelName);
        ChildProcess application = Start(
            "TeamAgent",
            "application",
            [
                "--urls",
                "http://127.0.0.1:0",
                "--users",
                users,
                "--connection",
                connection.Name,
                "--credentials",
                await RegisterApplicationAsync(data, serverUrl, folder, cancellationToken),
                "--ready-file",
                applicationReady,
            ],
            model
        );
        Uri applicationUrl = UrlIn(await ReadyAsync(application, applicationReady, "the application"));
        narrator.Fact("application", $"{applicationUrl}  with its own login");
        narrator.Fact("model", modelName);

        Stage stage = new(folder)
        {
            World = cast,
            SandboxUrl = sandboxUrl,
            ServerUrl = serverUrl,
            ApplicationUrl = applicationUrl,
            Sandbox = sandbox,
            Behalf = behalf,
            Connection = connection.Name,
            IsPractice = model.Count > 0,
        };
        stage._processes.AddRange(started);
        return stage;
    }

    /// <summary>What an operator does for each application: a service credential of its own, in a private file.</summary>
    private static async Task<string> RegisterApplicationAsync(
        string data,
        Uri server,
        string folder,
        CancellationToken cancellationToken
    )
    {
        using BehalfClient @operator = new(Credentials(Path.Combine(data, "operator.json"), server));
        ApiClientWithSecret added = await @operator.Clients.AddAsync(
            new NewApiClient { Name = ApplicationName },
            cancellationToken
        );
        string path = Path.Combine(folder, "application-credentials.json");
        string text = JsonSerializer.Serialize(
            new
            {
                environment_url = server.ToString(),
                client_id = added.Client.ClientId,
                client_secret = added.ClientSecret.Reveal(),
            }
        );
        FileStreamOptions isPrivate = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            isPrivate.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using StreamWriter file = new(path, isPrivate);
        await file.WriteAsync(text);
        return path;
    }

    private static BehalfClientOptions Credentials(string path, Uri server)
    {
        JsonNode credentials = JsonNode.Parse(File.ReadAllText(path))!;
        return new BehalfClientOptions
        {
            Server = server,
            ClientId = (string)credentials["client_id"]!,
            ClientSecret = new SecretText((string)credentials["client_secret"]!),
        };
    }

    private static Uri UrlIn(string readyFile)
    {
        JsonNode ready = JsonNode.Parse(readyFile)!;
        string url =
            (string?)ready["url"]
            ?? (string?)ready["urls"]?[0]
            ?? throw new DemoFailedException("No URL in a ready file.");
        return new Uri(url);
    }

    private static async Task EndAsync(List<ChildProcess> processes)
    {
        for (int i = processes.Count - 1; i >= 0; i--)
        {
            await processes[i].DisposeAsync();
        }
    }
}
