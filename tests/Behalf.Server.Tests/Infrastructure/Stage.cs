using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Behalf.Egress;
using Behalf.Server.Hosting;
using Behalf.TestAuthorizationServer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>
/// A server of one's own that logs everything, a provider beside it, and people who connect through the real pages. When
/// it ends, nothing secret may stand in the log and nothing may have been sent to where nobody registered.
/// </summary>
public sealed class Stage : IAsyncLifetime
{
    public const string Connection = "tracker";
    public const string ClientSecret = "provider-secret-of-the-first-client";

    private readonly string _connectors = Directory.CreateTempSubdirectory("behalf-connectors-").FullName;
    private readonly ConcurrentBag<Person> _people = [];
    private readonly ConcurrentBag<string> _links = [];
    private readonly KeptLog _log = new();

    internal RegisteredOrigins Outside { get; } = new();

    /// <value>Runs before the server is built; may replace what rooms registered.</value>
    internal Action<IServiceCollection> Services { get; init; } = _ => { };

    /// <value>What the server has otherwise.</value>
    internal Func<ServerOptions, ServerOptions> Change { get; init; } = options => options;

    /// <value>What the server was started with.</value>
    internal ServerOptions Options { get; private set; } = null!;

    public TestServer Server { get; private set; } = null!;

    public ProviderServer Provider { get; private set; } = null!;

    public ProviderClient Client { get; private set; } = null!;

    public string RedirectUri { get; private set; } = null!;

    internal IReadOnlyCollection<string> LogLines => _log.Lines;

    public async ValueTask InitializeAsync()
    {
        string folder = Path.Combine(_connectors, Connection);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "connector.yaml"), TrackerConnector.Yaml);
        Server = new TestServer
        {
            Change = options =>
                Options = Change(options) with
                {
                    ConnectorsFolder = _connectors,
                    AllowedPrivateOrigins = [Provider.Origin],
                    LogLevel = LogLevel.Trace,
                    ConfigureServices = services =>
                    {
                        services.AddLogging(logging => logging.ClearProviders().AddProvider(_log));
                        services.AddSingleton<IEgressTransport>(Outside);
                        Services(services);
                    },
                },
        };
        Provider = await ProviderServer.StartAsync(Server.Time);
        Outside.Add(Provider.Origin);
        await Server.InitializeAsync();
        (Client, RedirectUri) = await AddConnectionAsync(Connection, "tracker-client", ClientSecret);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Person person in _people)
        {
            person.Dispose();
        }

        await Server.DisposeAsync();
        await Provider.DisposeAsync();
        Directory.Delete(_connectors, recursive: true);
        LeakedLines().Should().BeEmpty();
        Outside.Refused.Should().BeEmpty();
    }

    /// <summary>Log lines that hold any code, token, secret, state or link anyone was given.</summary>
    internal IReadOnlyList<string> LeakedLines()
    {
        string[] secrets =
        [
            ClientSecret,
            Server.ServiceClient.Secret,
            Server.ServiceToken,
            Server.OperatorToken,
            Server.ForeignToken,
            .. Provider.Issued,
            .. _links,
            .. _people.SelectMany(person => person.Secrets),
        ];
        return [.. _log.Lines.Where(line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal)))];
    }

    internal async Task<(ProviderClient Client, string RedirectUri)> AddConnectionAsync(
        string name,
        string clientId,
        string secret,
        string? token = null,
        string[]? scopes = null
    )
    {
        ProviderClient client = Provider.AddClient(clientId, secret);
        Reply added = await Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connections",
            token ?? Server.ServiceToken,
            $$"""
            {"connector":"tracker","name":"{{name}}","client_id":"{{clientId}}","client_secret":"{{secret}}",
            "scopes":{{JsonSerializer.Serialize(
                scopes ?? []
            )}},"base_url":"{{Provider.Origin}}/api","oauth_url":"{{Provider.Origin}}"}
            """
        );
        added.Status.Should().Be(200, added.Body);
        string redirectUri = added.Json.GetProperty("redirect_uri").GetString()!;
        client.RedirectUris.Add(redirectUri);
        return (client, redirectUri);
    }

    internal Person NewPerson(string name, IPAddress? from = null)
    {
        Person person = new(name, from);
        _people.Add(person);
        return person;
    }

    internal async Task<Uri> LinkAsync(string identifier, string connection = Connection)
    {
        Reply link = await Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            Server.ServiceToken,
            JsonSerializer.Serialize(
                new
                {
                    connector = connection,
                    identifier,
                    user_verify_url = "http://127.0.0.1:9/verified",
                }
            )
        );
        link.Status.Should().Be(200, link.Body);
        Uri page = new(link.Json.GetProperty("link").GetString()!);
        _links.Add(page.Segments[^1]);
        return page;
    }

    internal Task<Reply> VerifyAsync(string requestId, string identifier) =>
        Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/user/verify",
            Server.ServiceToken,
            JsonSerializer.Serialize(new { auth_request_id = requestId, identifier })
        );

    /// <summary>The whole walk, as it should go.</summary>
    /// <returns>The account's id.</returns>
    internal async Task<string> ConnectAsync(string identifier, string connection = Connection)
    {
        Person person = NewPerson(identifier);
        string id = await person.ConnectAsync(await LinkAsync(identifier, connection), "alice");
        Reply verified = await VerifyAsync(id, identifier);
        verified.Status.Should().Be(200, verified.Body);
        return (await AccountAsync(identifier, connection)).GetProperty("id").GetString()!;
    }

    internal async Task<JsonElement> AccountAsync(string identifier, string connection = Connection)
    {
        Reply details = await Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts/details?connector={connection}&identifier={Uri.EscapeDataString(identifier)}",
            Server.ServiceToken
        );
        details.Status.Should().Be(200, details.Body);
        return details.Json.GetProperty("connected_account");
    }

    internal Task<Reply> ExecuteAsync(string identifier, string tool, object arguments, string? token = null) =>
        Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/execute_tool",
            token ?? Server.ServiceToken,
            JsonSerializer.Serialize(
                new
                {
                    tool_name = tool,
                    identifier,
                    @params = arguments,
                }
            )
        );

    internal async Task<JsonElement[]> AuditAsync(string query)
    {
        Reply trail = await Server.SendAsync(HttpMethod.Get, $"/api/v1/behalf/audit?{query}", Server.ServiceToken);
        trail.Status.Should().Be(200, trail.Body);
        return [.. trail.Json.GetProperty("records").EnumerateArray()];
    }

    internal int CountApiRequests() => Provider.Received.Count(request => request.Endpoint == "api");
}
