using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;
using Behalf.Tools.Fixtures;
using Behalf.Tools.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Connectors.Support;

/// <summary>Runs tools against what was recorded of their providers.</summary>
internal sealed class Replay(ConnectorDefinition definition)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyDictionary<string, JsonObject>>>> Known =
        new(StringComparer.Ordinal);

    private static readonly JsonObject Everything = new() { ["scopes"] = new JsonArray("default") };

    /// <returns>The requests that a fixture's call makes, its recorded answers given one after another.</returns>
    public async Task<IReadOnlyList<SentRequest>> FixtureAsync(JsonObject script)
    {
        JsonArray exchanges = script["exchanges"]!.AsArray();
        int next = 0;
        FakeUpstream upstream = new(_ => Outcome(exchanges[next++]!["response"]));
        OfferedTool tool = BundledTools.Offered(definition, (string)script["tool"]!);
        Result<ToolArguments> arguments = BundledTools.Read(
            tool,
            (script["arguments"] ?? new JsonObject()).ToJsonString()
        );
        if (arguments.Succeeded)
        {
            await RunAsync(tool, arguments.Value, upstream, script);
        }

        return upstream.Requests;
    }

    /// <summary>Runs with what any fixture of this connector recorded for each operation.</summary>
    public async Task<(RunOutcome Outcome, FakeUpstream Upstream)> AnswerAsync(
        OfferedTool tool,
        ToolArguments arguments,
        JsonObject? script = null
    )
    {
        IReadOnlyDictionary<string, JsonObject> answers = await AnswersAsync(definition);
        FakeUpstream upstream = new(sent =>
            Outcome(answers.GetValueOrDefault(sent.Request.Operation) ?? Plausible(sent))
        );
        return (await RunAsync(tool, arguments, upstream, script ?? Everything), upstream);
    }

    private Task<RunOutcome> RunAsync(
        OfferedTool tool,
        ToolArguments arguments,
        FakeUpstream upstream,
        JsonObject script
    )
    {
        JObject account = ConnectorFixtures.AccountOf(script, definition, tool.Definition);
        return new ToolRunner(new FixedTime(), NullLogger<ToolRunner>.Instance).RunAsync(
            definition,
            tool.Definition,
            upstream,
            arguments.Value,
            account,
            (string?)script["cursor"],
            null,
            null,
            TestContext.Current.CancellationToken
        );
    }

    private static Task<IReadOnlyDictionary<string, JsonObject>> AnswersAsync(ConnectorDefinition definition) =>
        Known
            .GetOrAdd(
                definition.Slug,
                _ => new Lazy<Task<IReadOnlyDictionary<string, JsonObject>>>(() => CollectAsync(definition))
            )
            .Value;

    private static async Task<IReadOnlyDictionary<string, JsonObject>> CollectAsync(ConnectorDefinition definition)
    {
        Dictionary<string, JsonObject> answers = new(StringComparer.Ordinal);
        foreach ((_, JsonObject script) in BundledTools.FixturesOf(definition.Slug))
        {
            IReadOnlyList<SentRequest> made = await new Replay(definition).FixtureAsync(script);
            foreach ((SentRequest sent, JsonNode? exchange) in made.Zip(script["exchanges"]!.AsArray()))
            {
                if (exchange!["response"] is JsonObject response && (int)response["status"]! < 300)
                {
                    answers.TryAdd(sent.Request.Operation, response);
                }
            }
        }

        return answers;
    }

    private static UpstreamOutcome Outcome(JsonNode? response) =>
        response is JsonObject told
            ? FakeUpstream.Json(
                (int)told["status"]!,
                told["body"]?.ToJsonString() ?? "",
                [.. (told["headers"]?.AsObject() ?? []).Select(header => (header.Key, (string)header.Value!))]
            )
            : new UpstreamOutcome.Unknown("the recorded answer was lost");

    /// <summary>What the practice provider's API would say of an operation that no fixture records.</summary>
    private static JsonObject Plausible(SentRequest sent)
    {
        JsonObject thing = new()
        {
            ["gid"] = "7",
            ["name"] = "x",
            ["text"] = "x",
            ["workspace"] = new JsonObject { ["gid"] = "1", ["name"] = "W" },
        };
        bool isOne =
            sent.Request.Method != HttpMethod.Get
            || char.IsAsciiDigit(sent.Request.Path[^1])
            || sent.Request.Path.EndsWith("/me", StringComparison.Ordinal)
            || sent.Request.Path.EndsWith("_counts", StringComparison.Ordinal);
        return new JsonObject
        {
            ["status"] = 200,
            ["body"] = new JsonObject { ["data"] = isOne ? thing : new JsonArray(thing) },
        };
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => ConnectorFixtures.Now;
    }
}
