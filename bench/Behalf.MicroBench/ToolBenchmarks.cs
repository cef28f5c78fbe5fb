using System.Text.Json;
using Behalf.Connectors;
using Behalf.Connectors.Steps;
using Behalf.Tools;
using BenchmarkDotNet.Attributes;
using Newtonsoft.Json.Linq;

namespace Behalf.MicroBench;

/// <summary>Arguments against a tool's schema, and the request that its template makes of them: Asana's create_project.</summary>
public class ToolBenchmarks
{
    private const string Arguments = """
        {"name": "Offer for Acme", "privacy": "private_to_team", "notes": "For Bob, by Friday.", "due_on": "2026-12-01",
         "start_on": "2026-11-27", "color": "dark-blue"}
        """;

    private Connectors.Schemas.InputSchema _schema = null!;
    private JsonElement _good;
    private JsonElement _wrong;
    private RequestStep _request = null!;
    private JToken _scope = null!;

    [GlobalSetup]
    public async Task SetUp()
    {
        ConnectorDefinition asana = DefinitionReader.Read(
            await ConnectorFolder.ReadAsync("connectors/asana", CancellationToken.None)
        );
        ToolDefinition tool = asana.Tools.Single(one => one.Name == "create_project");
        _schema = tool.Input!;
        _good = JsonDocument.Parse(Arguments).RootElement;
        _wrong = JsonDocument.Parse("""{"name": 7, "due_on": "tomorrow", "nobody": true}""").RootElement;
        Result<ToolArguments> read = ToolArguments.Read(_schema, _good);
        if (!read.Succeeded || ToolArguments.Read(_schema, _wrong).Succeeded)
        {
            throw new InvalidOperationException("create_project no longer takes what this measures.");
        }

        _request = tool.Procedure.Compiled.Steps.OfType<RequestStep>().Last(step => step.Body is RequestBody.Json);
        _scope = new JObject
        {
            ["args"] = read.Value.Value,
            ["vars"] = new JObject
            {
                ["workspace"] = new JObject { ["gid"] = "12345" },
                ["notes"] = new JObject { ["notes"] = "For Bob, by Friday." },
            },
        };
    }

    [Benchmark(Description = "schema: arguments that fit")]
    public bool Fits() => ToolArguments.Read(_schema, _good).Succeeded;

    [Benchmark(Description = "schema: arguments that do not")]
    public bool DoesNotFit() => ToolArguments.Read(_schema, _wrong).Succeeded;

    [Benchmark(Description = "template: path and body")]
    public int Render()
    {
        _request.Path.TryExpand(_scope, out string? path, out _);
        JToken? body = ((RequestBody.Json)_request.Body!).Tree.Evaluate(_scope);
        return path!.Length + (body is null ? 0 : 1);
    }
}
