using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.PracticeModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Behalf.Agent.Tests.Infrastructure;

/// <summary>The practice model on a loopback port, reached as in production: the official package over HTTP.</summary>
public sealed class AgentFixture : IAsyncLifetime
{
    private WebApplication? app;

    public PracticeScript Script { get; } = new();

    public Uri Url => new(app!.Urls.First());

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddPracticeModel(options => options.Script = Script);
        app = builder.Build();
        app.MapPracticeModel();
        await app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    public BehalfAgent Agent(TimeProvider? clock = null) =>
        new(ClaudeChatClient.Create(ModelOptions.Practice(Url)), clock);

    /// <summary>Plays these responses for prompts that contain <paramref name="prompt"/>.</summary>
    public void Play(string prompt, params ScriptedResponse[] responses) =>
        Script.Enqueue(responses.Select(response => response with { WhenPromptContains = prompt }));

    public async Task<Run> RunAsync(
        string prompt,
        FakeUser user,
        AgentOptions? options = null,
        TimeProvider? clock = null
    )
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in Agent(clock).RunAsync(prompt, user, options, Cancellation))
        {
            events.Add(happened);
        }

        return new Run(events);
    }

    /// <summary>What the model was sent last for a prompt, as the practice model saw it.</summary>
    public async Task<JsonObject> LastRequestAsync(string prompt)
    {
        using var http = new HttpClient { BaseAddress = Url };
        var seen = JsonNode.Parse(await http.GetStringAsync("/_practice/requests", Cancellation))!;
        return seen["requests"]!
            .AsArray()
            .Select(request => request!["body"]!.AsObject())
            .Last(body => body.ToJsonString().Contains(prompt, StringComparison.Ordinal));
    }
}

public sealed record Run(IReadOnlyList<AgentEvent> Events)
{
    public AgentEvent.Completed Completed => Events[^1].Should().BeOfType<AgentEvent.Completed>().Subject;

    public IEnumerable<T> All<T>()
        where T : AgentEvent => Events.OfType<T>();
}

public sealed record UserCall(string Tool, string Arguments, string? RunId);

/// <summary>A user with tools whose answers the test writes.</summary>
public sealed class FakeUser : IUserClient
{
    private readonly List<UserTool> tools = [];
    private readonly Dictionary<string, Func<JsonObject, CancellationToken, Task<ToolOutcome>>> answers = [];
    private readonly Lock gate = new();
    private readonly List<UserCall> calls = [];

    public IReadOnlyList<UserAccount> Accounts { get; init; } = [new("ca_1", "acme", "acme", "ACTIVE")];

    public BehalfException? ListFailure { get; init; }

    /// <value>Why tools that are not listed may not be called; null: the server does not say.</value>
    public string? Refusal { get; init; }

    public Task<ToolExplanation> ExplainToolAsync(
        string toolName,
        JsonObject arguments,
        CancellationToken cancellationToken = default
    ) =>
        Refusal is { } reason
            ? Task.FromResult(
                new ToolExplanation(
                    "refused",
                    toolName,
                    "acme",
                    [
                        new ToolCheck("policy", "allowed", "", "The connection offers this tool."),
                        new ToolCheck("scopes", "refused", "scope_missing", reason),
                        new ToolCheck("provider", "unknown", "not_asked", "Only the provider knows."),
                    ]
                )
            )
            : throw new BehalfException("unavailable", "The server cannot be reached.");

    public IReadOnlyList<UserCall> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    public FakeUser Tool(
        string name,
        string description,
        string properties,
        ToolOutcome answer,
        bool readOnly = false,
        bool destructive = false
    ) => Tool(name, description, properties, (_, _) => Task.FromResult(answer), readOnly, destructive);

    public FakeUser Tool(
        string name,
        string description,
        string properties,
        Func<JsonObject, CancellationToken, Task<ToolOutcome>> answer,
        bool readOnly = false,
        bool destructive = false
    )
    {
        var keys = properties.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                keys.Select(key => key.TrimEnd('!'))
                    .Select(key =>
                        KeyValuePair.Create<string, JsonNode?>(
                            key,
                            new JsonObject { ["type"] = key == "confirm" ? "boolean" : "string" }
                        )
                    )
            ),
            ["required"] = new JsonArray([
                .. keys.Where(key => key.EndsWith('!')).Select(key => JsonValue.Create(key.TrimEnd('!'))),
            ]),
        };
        tools.Add(
            new UserTool(
                name,
                name,
                description,
                System.Text.Json.JsonSerializer.SerializeToElement(schema),
                "acme",
                readOnly,
                destructive,
                IsIdempotent: false
            )
        );
        answers[name] = answer;
        return this;
    }

    public static ToolOutcome Ok(string json) => new ToolOutcome.Succeeded(JsonNode.Parse(json)!.AsObject(), "exec_1");

    public static FakeUser WithTasks(string owner = "Alice") =>
        new FakeUser()
            .Tool(
                "acme_list_my_tasks",
                "List tasks assigned to you.",
                "status",
                Ok($$"""{"tasks":[{"gid":"7","name":"{{owner}} fixes the door"}]}"""),
                readOnly: true
            )
            .Tool("acme_add_comment_to_task", "Comment on a task.", "task text", Ok("""{"gid":"70"}"""))
            .Tool("acme_delete_task", "Delete a task.", "task confirm", Ok("""{"gid":"7"}"""), destructive: true);

    public Task<UserTools> ListToolsAsync(CancellationToken cancellationToken = default) =>
        ListFailure is { } failure
            ? Task.FromException<UserTools>(failure)
            : Task.FromResult(new UserTools(tools, Accounts));

    public Task<IReadOnlyList<UserTool>> SearchToolsAsync(
        string query,
        int most = 8,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult<IReadOnlyList<UserTool>>([
            .. tools
                .Where(tool => query.ToLowerInvariant().Split(' ').Any(word => tool.Name.Split('_').Contains(word)))
                .Take(most),
        ]);

    public Task<ToolOutcome> CallToolAsync(
        string toolName,
        JsonObject arguments,
        string? agentRunId = null,
        CancellationToken cancellationToken = default
    )
    {
        lock (gate)
        {
            calls.Add(new UserCall(toolName, arguments.ToJsonString(), agentRunId));
        }

        return answers[toolName](arguments, cancellationToken);
    }
}
