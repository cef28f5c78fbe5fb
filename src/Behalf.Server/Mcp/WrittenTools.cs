using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>
/// Tools as they stand in an answer to <c>tools/list</c>. What a definition says is written once and kept while the
/// definition is in memory; which tools a visitor has is never kept. Safe to call concurrently.
/// </summary>
internal sealed class WrittenTools
{
    private const string Name = "name";

    /// <summary>By definition, or by the other name it is shown as: all but the name, whose prefix is the connection's.</summary>
    private readonly ConditionalWeakTable<object, KeyValuePair<string, JsonElement>[]> _written = [];

    public JsonArray Write(IReadOnlyList<ScopedTool> tools, Tool last) =>
        [.. tools.Select(JsonNode (one) => Write(one.Tool)), Node(last)];

    private JsonObject Write(OfferedTool tool)
    {
        object key = (object?)tool.Alias ?? tool.Definition;
        if (!_written.TryGetValue(key, out KeyValuePair<string, JsonElement>[]? rest))
        {
            rest =
            [
                .. JsonSerializer
                    .SerializeToElement(ToWire(tool), McpJsonUtilities.DefaultOptions)
                    .EnumerateObject()
                    .Where(property => property.Name != Name)
                    .Select(property => KeyValuePair.Create(property.Name, property.Value)),
            ];
            _written.AddOrUpdate(key, rest);
        }

        JsonObject written = new() { [Name] = tool.ShownName };
        foreach ((string name, JsonElement value) in rest)
        {
            // An object stays the kept text until somebody asks for its members, and nobody does.
            written.Add(
                name,
                value.ValueKind == JsonValueKind.Object ? JsonObject.Create(value) : JsonValue.Create(value)
            );
        }

        return written;
    }

    private static JsonNode Node(Tool tool) => JsonSerializer.SerializeToNode(tool, McpJsonUtilities.DefaultOptions)!;

    private static Tool ToWire(OfferedTool tool) =>
        new()
        {
            Name = tool.ShownName,
            Title = tool.Definition.Title,
            Description = tool.Description,
            InputSchema = JsonSerializer.SerializeToElement(tool.InputSchema),
            Annotations = new ToolAnnotations
            {
                Title = tool.Definition.Title,
                ReadOnlyHint = tool.Definition.Hints.HasFlag(ToolHints.ReadOnly),
                DestructiveHint = tool.Definition.Hints.HasFlag(ToolHints.Destructive),
                IdempotentHint = tool.Definition.Hints.HasFlag(ToolHints.Idempotent),
                OpenWorldHint = true, // each one talks to a provider
            },
        };
}
