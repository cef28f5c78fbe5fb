using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.PracticeModel.Tests.Infrastructure;

/// <summary>The practice model on a loopback port of its own, with a clock that stands on a Wednesday.</summary>
public sealed class ModelApp : IAsyncLifetime
{
    public static readonly DateOnly Today = new(2026, 11, 25);

    private WebApplication? app;

    public PracticeScript Script { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero));

    public Uri Url => new(app!.Urls.First());

    public HttpClient Http { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddPracticeModel(options =>
        {
            options.Script = Script;
            options.TimeProvider = Clock;
        });
        app = builder.Build();
        app.MapPracticeModel();
        await app.StartAsync();
        Http.BaseAddress = Url;
        Http.DefaultRequestHeaders.Add("x-api-key", "practice");
        Http.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(JsonNode body, string path = "/v1/messages")
    {
        using var response = await Http.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).Should().NotBe(500, text);
        var read = JsonSerializer.Deserialize<JsonElement>(text);
        return ((int)response.StatusCode, read);
    }
}
