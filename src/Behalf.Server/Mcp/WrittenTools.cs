using System.Collections.Concurrent;
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

    /// <value>Of one definition at different connections; all are forgotten when there are more.</value>
    private const int MostNames = 8;

    /// <summary>By definition, or by the other name it is shown as; then by name, whose prefix is the connection's.</summary>
    private readonly ConditionalWeakTable<object, ConcurrentDictionary<string, JsonElement>> _written = [];

    public JsonArray Write(IReadOnlyList<ScopedTool> tools, Tool last) =>
        [.. tools.Select(JsonNode (one) => Write(one.Tool)), Node(last)];

    private JsonObject Write(OfferedTool tool)
    {
        object key = (object?)tool.Alias ?? tool.Definition;
        ConcurrentDictionary<string, JsonElement> names = _written.GetValue(
            key,
            static _ => new ConcurrentDictionary<string, JsonElement>(1, 1, StringComparer.Ordinal)
        );
        if (!names.TryGetValue(tool.ShownName, out JsonElement written))
        {
            if (names.Count >= MostNames)
            {
                names.Clear();
            }

            written = ElementOf(tool);
            names[tool.ShownName] = written;
        }

        return JsonObject.Create(written)!; // stays the kept text until somebody asks for its members, and nobody does
    }

    /// <summary>Its name first.</summary>
    private static JsonElement ElementOf(OfferedTool tool)
    {
        JsonObject written = new() { [Name] = tool.ShownName };
        foreach (
            JsonProperty property in JsonSerializer
                .SerializeToElement(ToWire(tool), McpJsonUtilities.DefaultOptions)
                .EnumerateObject()
                .Where(property => property.Name != Name)
        )
        {
            written.Add(property.Name, JsonSerializer.SerializeToNode(property.Value));
        }

        return JsonSerializer.SerializeToElement(written);
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
