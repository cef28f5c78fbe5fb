using System.Net.Http.Headers;
using System.Net.Http.Json;
using Behalf.Server.Hosting;
using Behalf.TestPostgreSql;
using Behalf.Vault;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Two whole services in process on one PostgreSQL, as behind a balancer: whatever comes may land on either.</summary>
public sealed class TwoNodes : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-two-nodes-").FullName;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private Stage? _stage;
    private RunningServer? _second;

    /// <value>The first node, its provider and people. Both nodes have its public URL.</value>
    public Stage Stage => _stage ?? throw new InvalidOperationException("Not started.");

    private RunningServer Second => _second ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync()
    {
        if (!PostgreSqlServer.IsHere)
        {
            return; // the tests say so
        }

        string database = await PostgreSqlServer.CreateDatabaseAsync();
        string rootKey = Path.Combine(_folder, "root.key");
        _ = RootKeyFile.Create(rootKey);
        _stage = new Stage { Change = options => options with { Database = database, RootKey = rootKey } };
        await _stage.InitializeAsync();
        _second = ServerApp.Build(
            _stage.Options with
            {
                DataFolder = Path.Combine(_folder, "second"),
                PublicUrl = _stage.Server.Server.PublicUrl,
            }
        );
        await _second.StartAsync(CancellationToken.None);
        _second.IsFirstStart.Should().BeFalse();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_second is not null)
        {
            await _second.StopAsync(CancellationToken.None);
            await _second.DisposeAsync();
        }

        if (_stage is not null)
        {
            await _stage.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The same page or callback, as the balancer might have sent it to the second node.</summary>
    public Uri OnSecond(Uri uri) => new(new Uri(Second.Url), uri.PathAndQuery);

    /// <summary>A request with a relative address.</summary>
    public async Task<Reply> SendToSecondAsync(HttpRequestMessage request)
    {
        request.RequestUri = new Uri(new Uri(Second.Url), request.RequestUri!);
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await TestServer.ReadAsync(response);
    }

    public async Task<Reply> SendToSecondAsync(HttpMethod method, string path, object? body = null, string? key = null)
    {
        using HttpRequestMessage request = new(method, new Uri(new Uri(Second.Url), path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Stage.Server.ServiceToken);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        request.Content = body is null ? null : JsonContent.Create(body);
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await TestServer.ReadAsync(response);
    }

    public Task<Reply> ExecuteOnSecondAsync(string identifier, string tool, object arguments, string? key = null) =>
        SendToSecondAsync(
            HttpMethod.Post,
            "/api/v1/execute_tool",
            new Dictionary<string, object>
            {
                ["tool_name"] = tool,
                ["identifier"] = identifier,
                ["params"] = arguments,
            },
            key
        );
}
