using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors.Document;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Steps;

namespace Behalf.Connectors.Custom;

/// <summary>
/// Reads a custom tool with the readers of connector folders, in the setting of one revision of its connector: the same
/// closed schema language, the same steps, the same checks. Pure.
/// </summary>
internal static class CustomToolReader
{
    private const string Answer = "answer";
    private const string OutputSchema = "output_schema";
    private const int MaxTitle = 100;
    private const string DefaultCategory = "custom";

    private static readonly (string Annotation, string Hint)[] Hints =
    [
        ("read_only_hint", "read_only"),
        ("destructive_hint", "destructive"),
        ("idempotent_hint", "idempotent"),
        ("changes_access_hint", "changes_access"),
    ];

    /// <value>A custom tool stands for itself: it refers to no schema elsewhere.</value>
    private static readonly Dictionary<string, DocumentNode> NoSchemas = [];

    /// <param name="connector">Whose base path, rules and procedures hold.</param>
    /// <returns>The tool, or <c>invalid_definition</c> with the first thing that is wrong.</returns>
    public static Result<ToolDefinition> Read(CustomTool tool, ConnectorDefinition connector)
    {
        try
        {
            using JsonDocument definition = JsonDocument.Parse(tool.Definition);
            using JsonDocument procedure = JsonDocument.Parse(tool.Procedure);
            MappingNode node = Node(tool.Name, definition.RootElement, procedure.RootElement);
            StepReader steps = new(connector.Rules, connector.BasePath);
            ToolDefinition read = ToolReader.Read(node, steps, new SchemaReader(NoSchemas), connector.Procedures);
            if (
                steps.Calls.FirstOrDefault(call => !connector.Procedures.ContainsKey(call.Name)) is
                { Name: { } missing }
            )
            {
                throw new DefinitionFault(node.Line, $"{connector.Name} has no procedure '{missing}'");
            }

            DefinitionReader.CheckScopes(read, connector.Auth, connector.OAuth.HasScopes, node.Line);
            return read with { Custom = tool };
        }
        catch (DefinitionFault fault)
        {
            return Problem.Invalid("tool", "invalid_definition", fault.Message);
        }
    }

    /// <summary>Equal for texts that mean the same, whatever the order of keys and whether defaults are written out.</summary>
    /// <returns>64 lower-case hexadecimal characters, or <c>invalid_definition</c>.</returns>
    public static Result<string> HashOf(string name, string definition, string procedure)
    {
        try
        {
            using JsonDocument shown = JsonDocument.Parse(definition);
            using JsonDocument carriedOut = JsonDocument.Parse(procedure);
            string document = CanonicalJson.Of(Node(name, shown.RootElement, carriedOut.RootElement).ToJson());
            string output = shown.RootElement.TryGetProperty(OutputSchema, out JsonElement schema)
                ? CanonicalJson.Of(JsonObject.Create(schema))
                : "";
            return Digest.Of($"{document}\n{output}").Hex;
        }
        catch (DefinitionFault fault)
        {
            return Problem.Invalid("tool", "invalid_definition", fault.Message);
        }
    }

    private static MappingNode Node(string name, JsonElement definition, JsonElement procedure)
    {
        Fields shown = new(JsonNodes.Of(definition), "'definition'");
        shown.Required("name"); // the caller made the tool's bare name of it
        shown.Optional("provider");
        if (shown.Optional(OutputSchema) is not (null or MappingNode)) // for people: an answer is not held to it
        {
            throw new DefinitionFault(1, $"'{OutputSchema}' is a JSON Schema");
        }

        SequenceNode hints = Annotations(shown, out string? annotated);
        string title = Bounded(shown.OptionalText("display_name") ?? annotated ?? name, "display_name");
        string category = Bounded(shown.OptionalText("category") ?? DefaultCategory, "category");
        List<MappingEntry> entries =
        [
            JsonNodes.Entry("name", JsonNodes.Text(name)),
            JsonNodes.Entry("title", JsonNodes.Text(title)),
            JsonNodes.Entry("description", JsonNodes.Text(shown.Text("description"))),
            JsonNodes.Entry("category", JsonNodes.Text(category)),
            JsonNodes.Entry("hints", hints),
        ];
        if (shown.Optional("input_schema") is not null)
        {
            entries.Add(JsonNodes.Entry("input", JsonNodes.Input(definition.GetProperty("input_schema"))));
        }

        shown.End();
        entries.AddRange(Procedure(name, new Fields(JsonNodes.Of(procedure), "'metadata'")));
        return JsonNodes.Mapping(entries);
    }

    private static string Bounded(string text, string key) =>
        text.Length is > 0 and <= MaxTitle
            ? text
            : throw new DefinitionFault(1, $"'{key}' has 1 to {MaxTitle} characters");

    private static SequenceNode Annotations(Fields shown, out string? title)
    {
        title = null;
        if (shown.Optional("annotations") is not { } node)
        {
            return JsonNodes.Sequence([]);
        }

        Fields annotations = new(node, "'annotations'");
        title = annotations.OptionalText("title");
        annotations.Flag("open_world_hint", otherwise: true); // a provider always is one
        List<DocumentNode> hints =
        [
            .. Hints.Where(pair => annotations.Flag(pair.Annotation)).Select(pair => JsonNodes.Text(pair.Hint)),
        ];
        annotations.End();
        return JsonNodes.Sequence(hints);
    }

    /// <summary><c>request</c> stands for one request step whose answer is the result.</summary>
    private static IEnumerable<MappingEntry> Procedure(string name, Fields fields)
    {
        List<MappingEntry> entries = [];
        foreach (string key in (string[])["scopes", "retry", "page", "result"])
        {
            if (fields.Optional(key) is { } node)
            {
                entries.Add(JsonNodes.Entry(key, node));
            }
        }

        DocumentNode? request = fields.Optional("request");
        DocumentNode? steps = fields.Optional("steps");
        fields.End();
        if (request is null == steps is null)
        {
            throw new DefinitionFault(fields.Line, "'metadata' holds either 'request' or 'steps'");
        }

        if (steps is not null)
        {
            return [.. entries, JsonNodes.Entry("steps", steps)];
        }

        MappingNode one =
            request as MappingNode
            ?? throw new DefinitionFault(fields.Line, "'request' is an object: method, path, slots, query, json, …");
        if (one.Entries.Any(entry => entry.Key is "request" or "save"))
        {
            throw new DefinitionFault(fields.Line, "'request' saves its answer by itself; 'steps' can say more");
        }

        MappingNode step = JsonNodes.Mapping([
            JsonNodes.Entry("request", JsonNodes.Text(name)),
            .. one.Entries,
            JsonNodes.Entry("save", JsonNodes.Text(Answer)),
        ]);
        entries.Add(JsonNodes.Entry("steps", JsonNodes.Sequence([step])));
        if (entries.TrueForAll(entry => entry.Key != "result"))
        {
            entries.Add(JsonNodes.Entry("result", JsonNodes.Text($"=vars.{Answer}")));
        }

        return entries;
    }
}
