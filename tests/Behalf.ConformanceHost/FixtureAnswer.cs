using System.Text.Json;
using System.Text.Json.Serialization;
using Behalf.Mcp;
using Behalf.Server.Mcp;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.ConformanceHost;

/// <summary>What the provider answered: the forms of MCP that our own tools have no use for, as data.</summary>
internal sealed record FixtureAnswer
{
    private static readonly JsonSerializerOptions Json = new(McpJsonUtilities.DefaultOptions)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public required IReadOnlyList<ContentBlock> Content { get; init; }

    /// <value>What is asked of the client, round by round.</value>
    public IReadOnlyList<IReadOnlyDictionary<string, InputRequest>> Asks { get; init; } = [];

    /// <value>Whether the questions carry a state, and answers must bring it back.</value>
    public bool Sealed { get; init; }

    /// <value>Whether only that is asked which the client declared.</value>
    public bool Fitting { get; init; }

    /// <value>A capability that the client must have declared.</value>
    public string? Needs { get; init; }

    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <returns>Null: it is none, such as a refusal.</returns>
    public static FixtureAnswer? Of(CallToolResult result) =>
        result.StructuredContent is { ValueKind: JsonValueKind.Object } structured
        && structured.TryGetProperty("answer", out JsonElement answer)
            ? answer.Deserialize<FixtureAnswer>(Json)
            : null;

    /// <summary>In the forms of MCP: logs on the way, questions, an error, or the content.</summary>
    public CallToolResult Play(RequestContext<CallToolRequestParams> call, RequestStates states)
    {
        if (Needs is { } needed && !Can(call, needed))
        {
            throw new MissingRequiredClientCapabilityException(
                Capability(needed),
                $"The client must declare {needed}."
            );
        }

#pragma warning disable MCP9005 // what the suite looks at is this pipeline's gate
        ILogger logger = call.Server.AsClientLoggerProvider().CreateLogger("fixtures");
#pragma warning restore MCP9005
        foreach (string line in Logs)
        {
            Log.Told(logger, line);
        }

        McpVisit visit = McpVisitor.Of(call).Visit;
        if (Sealed)
        {
            _ = states.AnswerTo(visit, call.Params, string.Empty); // throws for a state that is not ours
        }

        if (Next(call) is { Count: > 0 } asked)
        {
            throw new InputRequiredException(
                asked.ToDictionary(pair => pair.Key, pair => pair.Value),
                Sealed ? states.Seal(visit, call.Params) : null
            );
        }

        return new CallToolResult { Content = [.. Content] };
    }

    /// <summary>The round after the last one that was answered as a whole; none when that was the last.</summary>
    private Dictionary<string, InputRequest> Next(RequestContext<CallToolRequestParams> call)
    {
        IDictionary<string, InputResponse> given =
            call.Params.InputResponses ?? new Dictionary<string, InputResponse>();
        int answered = Asks.ToList().FindLastIndex(round => round.Keys.All(key => IsAnswer(given, key)));
        return answered + 1 < Asks.Count
            ? Asks[answered + 1]
                .Where(ask => !Fitting || Can(call, CapabilityOf(ask.Value.Method)))
                .ToDictionary(ask => ask.Key, ask => ask.Value)
            : [];
    }

    private static bool IsAnswer(IDictionary<string, InputResponse> given, string key) =>
        given.TryGetValue(key, out InputResponse? response) && response.RawValue.ValueKind == JsonValueKind.Object;

    private static string CapabilityOf(string method) => method.Split('/')[0];

    private static bool Can(RequestContext<CallToolRequestParams> call, string capability) =>
        call.Server.ClientCapabilities is { } capabilities
        && capability switch
        {
            "elicitation" => capabilities.Elicitation is not null,
#pragma warning disable MCP9005 // deprecated, and still scored
            "sampling" => capabilities.Sampling is not null,
            "roots" => capabilities.Roots is not null,
#pragma warning restore MCP9005
            _ => false,
        };

    private static ClientCapabilities Capability(string name) =>
        JsonSerializer.Deserialize<ClientCapabilities>(
            new System.Text.Json.Nodes.JsonObject { [name] = new System.Text.Json.Nodes.JsonObject() },
            McpJsonUtilities.DefaultOptions
        )!;
}

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Line}")]
    public static partial void Told(ILogger logger, string line);
}
