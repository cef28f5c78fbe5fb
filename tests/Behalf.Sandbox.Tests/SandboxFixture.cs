using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Sandbox.Tests;

/// <summary>A practice Asana of its own on a free port, with a clock in hand.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    private readonly ConcurrentBag<HttpClient> _clients = [];
    private readonly ConcurrentDictionary<string, ApiClient> _byToken = [];
    private HttpClient? _judge;
    private WebApplication? _app;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));

    public string Origin { get; private set; } = "";

    /// <summary>The world as it was when this started.</summary>
    public JsonNode World { get; private set; } = new JsonObject();

    public async ValueTask InitializeAsync()
    {
        _app = SandboxApp.Build(new SandboxOptions { Time = Time, RequestsPerMinute = 1_000_000 });
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Origin = _app.Urls.First();
        World = await JudgeAsync("/_sandbox/world");
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ToList().ForEach(c => c.Dispose());
        if (_app is not null)
        {
            await _app.StopAsync(TestContext.Current.CancellationToken);
            await _app.DisposeAsync();
        }
    }

    /// <summary>The gid of something in the world document.</summary>
    public string Gid(string key) => World["keys"]![key]!.GetValue<string>();

    public JsonNode User(string key) => World["users"]!.AsArray().First(u => u!["key"]!.GetValue<string>() == key)!;

    /// <summary>A client with the user's personal access token.</summary>
    public ApiClient As(string user) => With(User(user)["pat"]!.GetValue<string>());

    public ApiClient With(string token) =>
        _byToken.GetOrAdd(
            token,
            _ =>
            {
                var http = Plain();
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
                return new ApiClient(http);
            }
        );

    /// <summary>A client without a token that does not follow redirects and remembers cookies.</summary>
    public HttpClient Plain()
    {
        var handler = new HttpClientHandler { AllowAutoRedirect = false, CheckCertificateRevocationList = true };
        var http = new HttpClient(handler) { BaseAddress = new Uri(Origin) };
        _clients.Add(http);
        return http;
    }

    public async Task<JsonNode> JudgeAsync(string path)
    {
        using var answer = await Plain()
            .GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.Should().BeTrue();
        return await JsonAsync(answer);
    }

    public async Task<ApiResponse> JudgeAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null
            ? null
            : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await (_judge ??= Plain()).SendAsync(request, TestContext.Current.CancellationToken);
        return await ApiResponse.ReadAsync(answer);
    }

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
}
