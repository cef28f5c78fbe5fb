using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Tools.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Fixtures;

/// <summary>
/// Runs the exchanges recorded beside a definition: the requests a tool must make, in their order and exactly; what the
/// provider answers; what the model gets. Nothing is sent anywhere.
/// </summary>
public static class ConnectorFixtures
{
    /// <value>When a fixture's call begins.</value>
    public static DateTimeOffset Now { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <returns>The fixtures' files, in order; empty: the folder has none.</returns>
    public static IReadOnlyList<string> In(string connectorFolder)
    {
        string folder = Path.Combine(connectorFolder, "fixtures");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)]
            : [];
    }

    /// <returns>What does not hold, each beginning with a JSON pointer into the fixture; empty: all holds.</returns>
    public static async Task<FixtureResult> RunAsync(
        ConnectorDefinition definition,
        string fixtureJson,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        JsonObject script;
        try
        {
            script = JsonNode.Parse(fixtureJson)?.AsObject() ?? [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new FixtureResult("", [$"/: not a JSON object: {exception.Message}"]);
        }

        string name = script["tool"]?.GetValue<string>() ?? "";
        ToolDefinition? tool = definition.Tools.FirstOrDefault(one => one.Name == name);
        if (tool?.Input is null)
        {
            return new FixtureResult(name, [$"/tool: there is no tool '{name}'"]);
        }

        using JsonDocument arguments = JsonDocument.Parse((script["arguments"] ?? new JsonObject()).ToJsonString());
        Result<ToolArguments> read = ToolArguments.Read(tool.Input, arguments.RootElement);
        if (!read.Succeeded)
        {
            return new FixtureResult(name, [$"/arguments: {read.Problem.Message}"]);
        }

        if (script["exchanges"] is not JsonArray exchanges || exchanges.Any(one => one is not JsonObject))
        {
            return new FixtureResult(name, ["/exchanges: a list of {request, response}"]);
        }

        RecordedUpstream upstream = new(exchanges);
        RunOutcome outcome = await new ToolRunner(new FixedTime(Now), NullLogger<ToolRunner>.Instance).RunAsync(
            definition,
            tool,
            upstream,
            read.Value.Value,
            AccountOf(script, definition, tool),
            script["cursor"]?.GetValue<string>(),
            onAdvance: null,
            asking: null,
            cancellationToken
        );
        return new FixtureResult(name, [.. upstream.Faults, .. Compare(script, outcome), .. upstream.Left()])
        {
            Updated = Update(script, upstream, outcome),
        };
    }

    /// <summary>The fixture as the definition does it now: for the author to read before it is kept.</summary>
    private static JsonObject Update(JsonObject script, RecordedUpstream upstream, RunOutcome outcome)
    {
        var updated = (JsonObject)script.DeepClone();
        foreach ((JsonObject made, JsonNode? exchange) in upstream.Made.Zip(updated["exchanges"]!.AsArray()))
        {
            exchange!["request"] = made.DeepClone();
        }

        if (outcome is RunOutcome.Finished finished)
        {
            updated.Remove("error");
            updated["result"] = ResultShaper.Shape(finished.Result, finished.Notes, finished.Next);
        }
        else if (outcome is RunOutcome.Failed { Problem: var problem })
        {
            updated.Remove("result");
            updated["error"] = new JsonObject { ["kind"] = problem.Code, ["message_contains"] = problem.Message };
        }

        return updated;
    }

    /// <summary>Without <c>scopes</c> the account has all that the tool needs.</summary>
    internal static JObject AccountOf(JsonObject script, ConnectorDefinition definition, ToolDefinition tool)
    {
        string[] scopes = script["scopes"] is JsonArray named
            ? [.. named.Select(one => one!.GetValue<string>())]
            : [.. tool.NeededScopes.Values, .. definition.OAuth.FullScope is { } all ? [all] : Array.Empty<string>()];
        JObject account = new()
        {
            ["scopes"] = new JArray(scopes),
            ["full"] = definition.OAuth.FullScope is { } full && scopes.Contains(full),
        };
        foreach (string fact in (string[])["kept", "config"])
        {
            if (script[fact] is JsonObject given)
            {
                account[fact] = JObject.Parse(given.ToJsonString());
            }
        }

        return account;
    }

    private static IEnumerable<string> Compare(JsonObject script, RunOutcome outcome)
    {
        if (script["error"] is JsonObject error)
        {
            string kind = error["kind"]?.GetValue<string>() ?? "";
            string words = error["message_contains"]?.GetValue<string>() ?? "";
            return outcome is not RunOutcome.Failed { Problem: { } problem } ? ["/error: the call succeeded"]
                : problem.Code != kind ? [$"/error/kind: it is '{problem.Code}': {problem.Message}"]
                : !problem.Message.Contains(words, StringComparison.Ordinal)
                    ? [$"/error/message_contains: the message is '{problem.Message}'"]
                : [];
        }

        if (outcome is RunOutcome.Failed failed)
        {
            return [$"/result: the call failed with '{failed.Problem.Code}': {failed.Problem.Message}"];
        }

        var finished = (RunOutcome.Finished)outcome;
        return JsonDifference.Of(
            ResultShaper.Shape(finished.Result, finished.Notes, finished.Next),
            script["result"],
            "/result"
        );
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

/// <param name="Tool">Empty when the fixture names none.</param>
/// <param name="Faults">Empty: it holds.</param>
public sealed record FixtureResult(string Tool, IReadOnlyList<string> Faults)
{
    /// <value>The fixture with what was made of it now; null: it could not be run.</value>
    public JsonObject? Updated { get; init; }
}
