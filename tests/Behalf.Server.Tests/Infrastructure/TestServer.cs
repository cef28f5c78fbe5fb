using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>The whole service in process: real listeners on free ports, a real database, a clock in hand.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"behalf-server-tests-{Guid.NewGuid():n}");
    private RunningServer? _server;

    /// <value>What a server of a test's own has otherwise.</value>
    internal Func<ServerOptions, ServerOptions> Change { get; init; } = options => options;

    public string DatabaseFile => Path.Combine(_folder, "behalf.db");

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));

    public RunningServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public HttpClient Http { get; private set; } = null!;

    public string ServiceToken { get; private set; } = null!;

    public string OperatorToken { get; private set; } = null!;

    /// <value>Of a client in another environment.</value>
    public string ForeignToken { get; private set; } = null!;

    public (string Id, string Secret) ServiceClient { get; private set; }

    public async ValueTask InitializeAsync()
    {
        _server = ServerApp.Build(
            Change(
                new ServerOptions
                {
                    DataFolder = _folder,
                    Urls = ["http://127.0.0.1:0"],
                    AllowedPrivateOrigins = ["http://127.0.0.1:9"],
                    LogLevel = LogLevel.Error,
                    Time = Time,
                }
            )
        );
        await _server.StartAsync(CancellationToken.None);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(_server.Url),
        };
        ServiceClient = await ReadAsync(_server.CredentialsFile);
        (string operatorId, string operatorSecret) = await ReadAsync(_server.OperatorFile);
        ServiceToken = await TokenAsync(ServiceClient.Id, ServiceClient.Secret);
        OperatorToken = await TokenAsync(operatorId, operatorSecret);
        ForeignToken = await AddForeignClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_server is not null)
        {
            await _server.StopAsync(CancellationToken.None);
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends it and leaves what it had in another folder, so that another server can serve that.</summary>
    public async Task LeaveAsync(string folder)
    {
        await Server.StopAsync(CancellationToken.None);
        Directory.CreateDirectory(folder);
        foreach (
            string file in Directory
                .EnumerateFiles(_folder)
                .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
        )
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    public static async Task<(string Id, string Secret)> ReadAsync(string file)
    {
        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        return (json["client_id"]!.GetValue<string>(), json["client_secret"]!.GetValue<string>());
    }

    public Task<HttpResponseMessage> RequestTokenAsync(string id, string secret) =>
        Http.PostAsync(
            new Uri("/oauth/token", UriKind.Relative),
            new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "client_credentials",
                    ["client_id"] = id,
                    ["client_secret"] = secret,
                }
            ),
            TestContext.Current.CancellationToken
        );

    public async Task<string> TokenAsync(string id, string secret)
    {
        using HttpResponseMessage response = await RequestTokenAsync(id, secret);
        response.EnsureSuccessStatusCode();
        JsonElement json = await response.Content.ReadFromJsonAsync<JsonElement>();
        return json.GetProperty("access_token").GetString()!;
    }

    /// <summary>A request with one bearer token, or without any.</summary>
    public async Task<Reply> SendAsync(HttpMethod method, string path, string? token, string? json = null)
    {
        using HttpRequestMessage request = new(method, new Uri(path, UriKind.Relative));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (json is not null)
        {
            request.Content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        }

        return await SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await ReadAsync(response);
    }

    internal static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Dictionary<string, string> headers = response
            .Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join('\n', h.Value), StringComparer.OrdinalIgnoreCase);
        return new Reply((int)response.StatusCode, headers, body);
    }

    public async Task<JsonElement> SessionAsync(string identifier, string extra = "")
    {
        Reply reply = await SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            ServiceToken,
            $$"""{"identifier":"{{identifier}}"{{extra}}}"""
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private async Task<string> AddForeignClientAsync()
    {
        Reply environment = await SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/environments",
            OperatorToken,
            """{"slug":"other","name":"Other"}"""
        );
        environment.Status.Should().Be(200, environment.Body);
        Reply client = await SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/clients",
            OperatorToken,
            """{"environment":"other","name":"other application"}"""
        );
        client.Status.Should().Be(200, client.Body);
        return await TokenAsync(
            client.Json.GetProperty("client").GetProperty("client_id").GetString()!,
            client.Json.GetProperty("client_secret").GetString()!
        );
    }
}

public sealed record Reply(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <value>The stable code of the first error detail.</value>
    public string ErrorCode => Json.GetProperty("details")[0].GetProperty("error_code").GetString()!;
}
