using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;
using Behalf.Tools.Running;

namespace Behalf.Tests.Connectors;

/// <summary>
/// The exchanges beside each definition: the requests a tool must make, in their order, exactly; what the provider
/// answers; what the model gets.
/// </summary>
public sealed class FixtureTests
{
    public static TheoryData<string> Fixtures =>
        [
            .. Directory
                .EnumerateFiles(BundledConnectors.Folder, "*.json", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(BundledConnectors.Folder, file).Replace('\\', '/'))
                .Where(path => path.Contains("/fixtures/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Tool_MakesExactlyTheRecordedRequests_AndShapesTheAnswer(string fixture)
    {
        JsonNode script = JsonNode.Parse(
            await File.ReadAllTextAsync(
                Path.Combine(BundledConnectors.Folder, fixture),
                TestContext.Current.CancellationToken
            )
        )!;
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(fixture.Split('/')[0]);
        ToolBench bench = new(definition)
        {
            Scopes = script["scopes"] is JsonArray scopes
                ? [.. scopes.Select(one => one!.GetValue<string>())]
                : ["default"],
        };
        Queue<JsonNode> exchanges = new(script["exchanges"]!.AsArray().Select(one => one!));
        FakeUpstream upstream = new(sent => Answer(sent, exchanges));

        RunOutcome outcome = await bench.RunAsync(
            script["tool"]!.GetValue<string>(),
            (script["arguments"] ?? new JsonObject()).ToJsonString(),
            upstream
        );

        if (script["error"] is { } error)
        {
            Problem problem = outcome.Should().BeOfType<RunOutcome.Failed>().Subject.Problem;
            problem.Code.Should().Be(error["kind"]!.GetValue<string>(), problem.Message);
            problem.Message.Should().Contain(error["message_contains"]!.GetValue<string>());
        }
        else
        {
            RunOutcome.Finished finished = outcome
                .Should()
                .BeOfType<RunOutcome.Finished>((outcome as RunOutcome.Failed)?.Problem.Message)
                .Subject;
            Same(ResultShaper.Shape(finished.Result, finished.Notes, finished.Next), script["result"]!);
        }

        exchanges.Should().BeEmpty("every recorded request is made");
    }

    [Fact]
    public async Task EveryToolOfAModelsList_HasAFixture()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        IEnumerable<string> recorded = Directory
            .EnumerateFiles(Path.Combine(BundledConnectors.Folder, "asana", "fixtures"), "*.json")
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!["tool"]!.GetValue<string>());

        definition.Tools.Where(tool => tool.IsDefault).Select(tool => tool.Name).Should().BeSubsetOf(recorded);
    }

    private static UpstreamOutcome Answer(SentRequest sent, Queue<JsonNode> exchanges)
    {
        exchanges.Should().NotBeEmpty($"{sent.Line} is not recorded");
        JsonNode exchange = exchanges.Dequeue();
        JsonNode request = exchange["request"]!;
        sent.Line.Should().Be($"{request["method"]} {request["path"]}");
        JsonObject query = new(
            sent.Request.Query.Select(pair => new KeyValuePair<string, JsonNode?>(
                pair.Key,
                JsonValue.Create(pair.Value)
            ))
        );
        Same(query, request["query"] ?? new JsonObject());
        if (request["body"] is { } body)
        {
            Same(sent.Json, body);
        }
        else
        {
            sent.Body.Should().BeNull();
        }

        return exchange["response"] is JsonValue
            ? new UpstreamOutcome.Unknown("lost")
            : FakeUpstream.Json(
                exchange["response"]!["status"]!.GetValue<int>(),
                exchange["response"]!["body"]?.ToJsonString() ?? ""
            );
    }

    private static void Same(JsonNode actual, JsonNode expected) =>
        JsonNode
            .DeepEquals(actual, expected)
            .Should()
            .BeTrue($"{actual.ToJsonString(Indented)} is expected to be {expected.ToJsonString(Indented)}");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
