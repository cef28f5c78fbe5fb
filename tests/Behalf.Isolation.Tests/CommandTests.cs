using System.Text.Json.Nodes;
using Behalf.Cli;
using Behalf.Cli.Shell;

namespace Behalf.Isolation.Tests;

/// <summary>What the command line says of a user's tools, against the whole service.</summary>
public sealed class CommandTests(EvalPractice practice) : IClassFixture<EvalPractice>
{
    [Fact]
    public async Task ToolsList_ShowsWhatEachDefinitionTakes_AndTheSum()
    {
        (int code, string text) = await RunAsync("tools", "list", "--identifier", "alice");

        code.Should().Be(ExitCode.Ok, text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].Should().Contain("TOKENS");
        int[] costs = [.. lines[1..^1].Select(line => int.Parse(line.Split('~')[1].Split(' ')[0], Invariant))];
        costs.Should().HaveCount(58).And.OnlyContain(cost => cost > 20 && cost < 1_000);
        lines[^1].Should().StartWith($"58 definitions, about {costs.Sum().ToString("N0", Invariant)} tokens");

        JsonArray items = JsonNode
            .Parse((await RunAsync("tools", "list", "--identifier", "alice", "--json")).Text)!
            .AsArray();
        items.Sum(item => (int)item!["approximate_tokens"]!).Should().Be(costs.Sum());
    }

    [Fact]
    public async Task ToolsList_ByWords_FindsWhatNoListShows()
    {
        (int code, string text) = await RunAsync("tools", "list", "--identifier", "alice", "--query", "webhook");

        code.Should().Be(ExitCode.Ok, text);
        text.Should().Contain("asana_webhook_create").And.NotContain("asana_create_task");
    }

    [Fact]
    public async Task Explain_SaysWhyAndSinceWhen_AndCallsNothing()
    {
        string task = practice.Objects.Of(Kind.Task).First(one => !practice.Objects.Sees("alice", one.Gid)).Gid;
        string input = $$"""{"task":"{{task}}"}""";
        int before = (await practice.RequestsAsync(TestContext.Current.CancellationToken)).Count;

        (int code, string text) = await RunAsync(
            "explain",
            "asana_get_task",
            "--identifier",
            "alice",
            "--input",
            input
        );
        (code, text.Split('\n')[0]).Should().Be((ExitCode.Ok, "alice · asana_get_task: unknown"));
        (await practice.RequestsAsync(TestContext.Current.CancellationToken)).Should().HaveCount(before);

        (await RunAsync("exec", "asana_get_task", "--identifier", "alice", "--input", input))
            .Code.Should()
            .NotBe(ExitCode.Ok);
        (code, text) = await RunAsync("explain", "asana_get_task", "--identifier", "alice", "--input", input);
        code.Should().Be(ExitCode.Refused, text);
        text.Should().Contain("there is no such thing, or the user does not have access to it");

        (code, text) = await RunAsync("explain", "asana_get_task", "--identifier", "nobody", "--input", input);
        code.Should().Be(ExitCode.Refused, text);
        text.Should().Contain("nobody");
    }

    private async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        await using StringWriter text = new();
        await using StringWriter errors = new();
        int code = await CommandLine.RunAsync(
            arguments,
            new Surroundings
            {
                In = TextReader.Null,
                Out = text,
                Error = errors,
                OutIsTerminal = false,
                IsInteractive = false,
                Width = 80,
                Variables = practice.Variables,
                HomeFolder = Path.GetTempPath(),
                Clock = TimeProvider.System,
            }
        );
        return (code, text.ToString() + errors);
    }

    private static System.Globalization.CultureInfo Invariant => System.Globalization.CultureInfo.InvariantCulture;
}
