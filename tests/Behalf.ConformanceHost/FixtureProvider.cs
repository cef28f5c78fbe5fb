using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf.ConformanceHost;

/// <summary>
/// The provider behind the connector: it knows one user by their token, and answers each tool from <c>answers.json</c>.
/// </summary>
internal sealed class FixtureProvider : IAsyncDisposable
{
    private const string Refuses = "error_handling";
    private const string Changes = "trigger_tool_change";

    private readonly WebApplication _app;
    private readonly JsonObject _answers;

    private FixtureProvider(WebApplication app, JsonObject answers)
    {
        _app = app;
        _answers = answers;
        app.MapGet("/answers/{tool}", AnswerAsync);
    }

    public string Origin => _app.Urls.Single();

    /// <value>The user's token, as a person would type it in.</value>
    public string Token { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    /// <value>Runs when the tool is called that changes the list of tools.</value>
    public Func<Task> Changing { get; set; } = () => Task.CompletedTask;

    public IEnumerable<string> Tools => [.. _answers.Select(answer => answer.Key), Refuses];

    public static async Task<FixtureProvider> StartAsync()
    {
        await using Stream stream = typeof(FixtureProvider).Assembly.GetManifestResourceStream("answers.json")!;
        JsonNode? answers = await JsonNode.ParseAsync(stream);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        FixtureProvider provider = new(builder.Build(), answers!.AsObject());
        await provider._app.StartAsync();
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http, string tool)
    {
        if (http.Request.Headers.Authorization != $"Bearer {Token}")
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (tool == Refuses)
        {
            http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await http.Response.WriteAsJsonAsync(new { error = "This tool is always refused." });
            return;
        }

        if (tool == Changes)
        {
            await Changing();
        }

        await http.Response.WriteAsJsonAsync(
            _answers[tool] ?? throw new InvalidOperationException($"There is no answer for {tool}."),
            JsonSerializerOptions.Default
        );
    }
}
