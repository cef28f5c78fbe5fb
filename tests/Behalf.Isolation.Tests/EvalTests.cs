using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Agent;
using Microsoft.Extensions.AI;

namespace Behalf.Isolation.Tests;

/// <summary>
/// Prompts with the tool and arguments that should come of them (docs/evals), answered by the practice model against the
/// sandbox. The table goes to artifacts/evals; <c>eng/evals</c> prints it.
/// </summary>
public sealed class EvalTests(EvalPractice practice) : IClassFixture<EvalPractice>
{
    /// <value>What holds today; a change to tools or descriptions that loses more is noticed.</value>
    private const int Expected = 38;

    [Fact]
    public async Task PracticeModel_CallsTheToolThatIsMeant()
    {
        string root = RepositoryRoot();
        JsonArray prompts = JsonNode
            .Parse(
                await File.ReadAllTextAsync(
                    Path.Combine(root, "docs", "evals", "asana.json"),
                    TestContext.Current.CancellationToken
                )
            )!
            .AsArray();
        using IChatClient model = ClaudeChatClient.Create(ModelOptions.Practice(practice.Model));
        JsonArray rows = [];
        foreach (JsonNode? prompt in prompts)
        {
            rows.Add(await AnswerAsync(model, prompt!));
        }

        string folder = Path.Combine(root, "artifacts", "evals");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "asana.json"),
            rows.ToJsonString(new JsonSerializerOptions { WriteIndented = true }),
            TestContext.Current.CancellationToken
        );

        prompts.Should().HaveCount(40);
        IEnumerable<string> missed = rows.Where(row => !(bool)row!["passed"]!)
            .Select(row => $"{row!["prompt"]} → {row["called"]}");
        (prompts.Count - missed.Count())
            .Should()
            .BeGreaterThanOrEqualTo(Expected, string.Join(Environment.NewLine, missed));
    }

    private async Task<JsonObject> AnswerAsync(IChatClient model, JsonNode prompt)
    {
        List<(string Name, JsonObject Arguments)> calls = [];
        AgentOptions options = new() { ApproveAsync = (request, _) => Task.FromResult(request.Refuse("Not now.")) };
        await foreach (
            AgentEvent happened in new BehalfAgent(model).RunAsync(
                (string)prompt["prompt"]!,
                practice.As("alice"),
                options,
                TestContext.Current.CancellationToken
            )
        )
        {
            if (happened is AgentEvent.ToolCalling call)
            {
                calls.Add((call.Name, call.Arguments));
            }
        }

        HashSet<string> tools = [.. prompt["tools"]!.AsArray().Select(tool => (string)tool!)];
        bool passed = calls.Any(call => tools.Contains(call.Name) && Holds(call.Arguments, prompt["arguments"]!));
        return new JsonObject
        {
            ["prompt"] = (string)prompt["prompt"]!,
            ["expected"] = string.Join(" or ", tools),
            ["called"] = string.Join(", ", calls.Select(call => $"{call.Name} {call.Arguments.ToJsonString()}")),
            ["passed"] = passed,
        };
    }

    /// <summary>Each expected argument has the expected value; <c>*</c> is any value, the case of letters no matter.</summary>
    private static bool Holds(JsonObject arguments, JsonNode expected) =>
        expected
            .AsObject()
            .All(one =>
                arguments[one.Key] is { } actual
                && (
                    (string)one.Value!.ToString() == "*"
                    || string.Equals(actual.ToString(), one.Value.ToString(), StringComparison.OrdinalIgnoreCase)
                )
            );

    private static string RepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Behalf.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The repository's root was not found.");
    }
}

/// <summary>A world of its own: what the prompts make must not be in the way of other tests.</summary>
public sealed class EvalPractice() : PracticeHouse(["alice"], null);
