using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Templates;
using Behalf.Tools;
using Behalf.Tools.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Tools.Support;

/// <summary>Runs one tool of a definition against a fake provider, without the rooms around it.</summary>
internal sealed class ToolBench(ConnectorDefinition definition)
{
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public string[] Scopes { get; init; } = ["default"];

    /// <summary>A definition with the given tools (and procedures), for a provider that exists nowhere.</summary>
    public static ToolBench Of(string toolsAndProcedures, string requests = "") =>
        new(DefinitionReader.Read(Definition(toolsAndProcedures, requests)));

    public static string Definition(string toolsAndProcedures, string requests = "") =>
        $$"""
            format: 1
            slug: tracker
            name: Tracker
            description: A tracker for tests.
            base_url: https://tracker.example
            oauth:
              origin: https://tracker.example
              authorize_path: /authorize
              token_path: /token
              default_scopes: [things]
              full_scope: default
              rejects_before_effect: true
            requests:
              message: =body.error
              pages: {next: =body.next, parameter: after}
              errors:
                - {status: 400, kind: invalid_input, quote: true}
                - {status: 402, kind: plan_required}
                - {status: 403, matches: "scope", kind: scope_missing}
                - {status: [403, 404], kind: not_found_or_no_access}
                - {status: 429, kind: rate_limited}
                - {status: 5xx, kind: provider_error}
            {{requests}}
            {{toolsAndProcedures}}
            """;

    public async Task<RunOutcome> RunAsync(
        string tool,
        string arguments,
        IUpstream upstream,
        string? cursor = null,
        CancellationToken? cancellationToken = null
    )
    {
        ToolDefinition found = definition.Tools.Single(one => one.Name == tool);
        Result<ToolArguments> read = ToolArguments.Read(found.Input!, JsonDocument.Parse(arguments).RootElement);
        if (!read.Succeeded)
        {
            return new RunOutcome.Failed(read.Problem, "invalid");
        }

        JObject account = new() { ["scopes"] = new JArray(Scopes), ["full"] = Scopes.Contains("default") };
        return await new ToolRunner(Time, NullLogger<ToolRunner>.Instance).RunAsync(
            definition,
            found,
            upstream,
            read.Value.Value,
            account,
            cursor,
            null,
            null,
            cancellationToken ?? TestContext.Current.CancellationToken
        );
    }

    public async Task<JsonObject> SucceedAsync(string tool, string arguments, FakeUpstream upstream)
    {
        RunOutcome outcome = await RunAsync(tool, arguments, upstream);
        RunOutcome.Finished finished = outcome
            .Should()
            .BeOfType<RunOutcome.Finished>((outcome as RunOutcome.Failed)?.Problem.Message)
            .Subject;
        return ResultShaper.Shape(finished.Result, finished.Notes, finished.Next);
    }

    public async Task<Problem> FailAsync(string tool, string arguments, FakeUpstream upstream)
    {
        RunOutcome outcome = await RunAsync(tool, arguments, upstream);
        return outcome.Should().BeOfType<RunOutcome.Failed>().Subject.Problem;
    }

    public static UpstreamOutcome Unexpected(SentRequest request) =>
        throw new InvalidOperationException($"Unregistered request {request.Line}");

    public static JToken Parse(string json) => Tokens.FromArguments(JsonDocument.Parse(json).RootElement);
}
