using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Agent;
using Microsoft.Extensions.AI;

namespace Behalf.Isolation.Tests;

/// <summary>
/// Prompts with the tool and arguments that should come of them (docs/evals), answered by a model against the sandbox: once
/// with all tools shown, once with a handful and <c>search_tools</c>. Each run's table goes to artifacts/evals;
/// <c>eng/evals</c> prints them.
/// </summary>
public sealed class EvalTests
{
    private const int Handful = 12;
    private const string PracticeName = "practice";
    private const string ClaudeName = "claude";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Who answers, with how many tools, and how many of the forty hold at least: for the practice model what holds today, so
    /// that a change to tools or descriptions that loses one is noticed. Claude answers only where <c>eng/evals</c> says so:
    /// it costs money.
    /// </summary>
    public static TheoryData<string, int?, int> Runs()
    {
        TheoryData<string, int?, int> runs = new() { { PracticeName, null, 40 }, { PracticeName, Handful, 39 } };
        if (Environment.GetEnvironmentVariable("BEHALF_EVALS_CLAUDE") == "1")
        {
            runs.Add(ClaudeName, null, 36);
            runs.Add(ClaudeName, Handful, 36);
        }

        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Model_CallsTheToolThatIsMeant_WithTheArgumentsThatAreMeant(string model, int? shown, int floor)
    {
        JsonArray prompts = JsonNode
            .Parse(
                await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "evals", "asana.json"), Cancellation)
            )!
            .AsArray();
        prompts.Should().HaveCount(40);

        // A world of its own: what the prompts change must not be in the way of another run.
        await using EvalPractice practice = new();
        await practice.InitializeAsync();
        ModelOptions options = OptionsOf(model, practice);
        using IChatClient client = ClaudeChatClient.Create(options);
        JsonArray rows = [];
        foreach (JsonNode? prompt in prompts)
        {
            rows.Add(await AnswerAsync(practice, client, shown, prompt!));
        }

        string[] missed =
        [
            .. rows.Where(row => !(bool)row!["passed"]!).Select(row => $"{row!["prompt"]} → {row["called"]}"),
        ];
        await WriteAsync(
            $"asana-{model}-{(shown is null ? "all" : "handful")}",
            new JsonObject
            {
                ["model"] = options.Model,
                ["tools_shown"] = shown,
                ["passed"] = prompts.Count - missed.Length,
                ["floor"] = floor,
                ["input_tokens"] = rows.Sum(row => (long?)row!["input_tokens"] ?? 0),
                ["prompts"] = rows,
            }
        );

        (prompts.Count - missed.Length)
            .Should()
            .BeGreaterThanOrEqualTo(floor, string.Join(Environment.NewLine, missed));
    }

    private static ModelOptions OptionsOf(string model, PracticeHouse practice) =>
        model == PracticeName
            ? ModelOptions.Practice(practice.Model)
            : ModelOptions.FromEnvironment() switch
            {
                ModelOptionsResult.Found found => found.Options,
                var missing => throw new InvalidOperationException($"Claude cannot be asked: {missing}"),
            };

    private static async Task<JsonObject> AnswerAsync(
        PracticeHouse practice,
        IChatClient model,
        int? shown,
        JsonNode prompt
    )
    {
        List<(string Name, JsonObject Arguments)> calls = [];
        AgentUsage? usage = null;
        AgentOptions options = new()
        {
            ApproveAsync = (request, _) => Task.FromResult(request.Refuse("Not now.")),
            ToolsShown = shown,
        };
        await foreach (
            AgentEvent happened in new BehalfAgent(model).RunAsync(
                (string)prompt["prompt"]!,
                practice.As("alice"),
                options,
                Cancellation
            )
        )
        {
            switch (happened)
            {
                case AgentEvent.ToolCalling call:
                    calls.Add((call.Name, call.Arguments));
                    break;
                case AgentEvent.Completed completed:
                    usage = completed.Usage;
                    break;
            }
        }

        HashSet<string> tools = [.. prompt["tools"]!.AsArray().Select(tool => (string)tool!)];
        bool passed = calls.Any(call =>
            tools.Contains(call.Name) && Holds(practice.Objects, call.Arguments, prompt["arguments"]!.AsObject())
        );
        return new JsonObject
        {
            ["prompt"] = (string)prompt["prompt"]!,
            ["expected"] = string.Join(" or ", tools),
            ["called"] = string.Join(
                ", ",
                calls.Select(call => $"{call.Name} {call.Arguments.ToJsonString(IsolationTests.Plain)}")
            ),
            ["passed"] = passed,
            ["input_tokens"] = usage?.InputTokens,
        };
    }

    /// <summary>
    /// Each expected argument is given: as it stands (letters' case no matter), or by the number or address of the object of
    /// that name; of several that are expected one is enough; <c>*</c> is any value.
    /// </summary>
    private static bool Holds(Objects objects, JsonObject arguments, JsonObject expected) =>
        expected.All(one =>
            arguments[one.Key] is { } actual
            && (one.Value is JsonArray any ? any.Select(value => value!) : [one.Value!]).Any(value =>
                Means(objects, actual, value.ToString())
            )
        );

    private static bool Means(Objects objects, JsonNode actual, string expected)
    {
        if (actual is JsonArray several)
        {
            return several.Any(item => item is not null && Means(objects, item, expected));
        }

        string given = actual.ToString();
        return expected == "*"
            || string.Equals(given, expected, StringComparison.OrdinalIgnoreCase)
            || objects.All.Any(one =>
                string.Equals(one.Name, expected, StringComparison.OrdinalIgnoreCase)
                && (given == one.Gid || given.Split('/').Contains(one.Gid))
            );
    }

    /// <summary>For programs as JSON, for people as a table.</summary>
    private static async Task WriteAsync(string name, JsonObject run)
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "evals");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.json"), run.ToJsonString(Indented), Cancellation);
        string shown = run["tools_shown"] is { } handful ? $"{handful} tools and search_tools" : "all tools";
        string heading = string.Create(
            CultureInfo.InvariantCulture,
            $"{run["model"]}, {shown}: {run["passed"]} of {run["prompts"]!.AsArray().Count} as meant, floor {run["floor"]}, {(long)run["input_tokens"]!:N0} input tokens"
        );
        IEnumerable<string> lines = run["prompts"]!
            .AsArray()
            .Select(row =>
                $"| {((bool)row!["passed"]! ? "ok" : "MISS")} | {Cell(row["prompt"])} | {Cell(row["called"])} |"
            );
        await File.WriteAllLinesAsync(
            Path.Combine(folder, $"{name}.md"),
            [heading, "", "| | Prompt | Called |", "|---|---|---|", .. lines],
            Cancellation
        );
    }

    private static string Cell(JsonNode? text) => ((string)text!).Replace("|", "\\|", StringComparison.Ordinal);
}

/// <summary>A world of its own: what the prompts make must not be in the way of other tests.</summary>
public sealed class EvalPractice() : PracticeHouse(["alice"], null);
