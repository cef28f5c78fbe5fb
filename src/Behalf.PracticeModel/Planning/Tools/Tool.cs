using System.Text.Json;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>An input of a tool, as its JSON Schema describes it.</summary>
internal sealed record ToolProperty(string Name, string Description, bool Required)
{
    public required IReadOnlySet<string> Types { get; init; }

    public required IReadOnlyList<string> Options { get; init; }

    public required IReadOnlyList<string> ItemOptions { get; init; }

    public required bool HasDefault { get; init; }

    public IReadOnlyList<string> Stems { get; } = Words.Stems(Name);

    public IReadOnlyList<string> DescriptionStems { get; } = Words.Stems(Description);

    /// <summary>
    /// Whether a name may stand here, or only an id: the description says so; without one, the property's own name does.
    /// </summary>
    public bool TakesName =>
        DescriptionStems.Contains("name")
        || !(Stems[^1] is "id" or "gid" or "key" || DescriptionStems.Any(stem => stem is "id" or "gid" or "number"));

    public bool Takes(string type) => Types.Contains(type);

    public static ToolProperty Read(JsonProperty property, bool required)
    {
        var schemas = Alternatives(property.Value).ToList();
        var items = schemas
            .Where(schema => schema.ValueKind == JsonValueKind.Object)
            .SelectMany(schema => schema.TryGetProperty("items", out var item) ? Alternatives(item) : [])
            .ToList();
        return new ToolProperty(property.Name, Text(property.Value, "description"), required)
        {
            Types = schemas.SelectMany(TypesOf).ToHashSet(),
            Options = [.. schemas.SelectMany(OptionsOf)],
            ItemOptions = [.. items.SelectMany(OptionsOf)],
            HasDefault =
                property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty("default", out _),
        };
    }

    private static IEnumerable<JsonElement> Alternatives(JsonElement schema)
    {
        yield return schema;
        foreach (var word in (string[])["anyOf", "oneOf"])
        {
            if (
                schema.ValueKind == JsonValueKind.Object
                && schema.TryGetProperty(word, out var inner)
                && inner.ValueKind == JsonValueKind.Array
            )
            {
                foreach (var alternative in inner.EnumerateArray())
                {
                    yield return alternative;
                }
            }
        }
    }

    private static IEnumerable<string> TypesOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out var type))
        {
            return [];
        }

        return type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(item => item.ToString())
            : [type.ToString()];
    }

    private static IEnumerable<string> OptionsOf(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("enum", out var options)
        && options.ValueKind == JsonValueKind.Array
            ? options
                .EnumerateArray()
                .Where(option => option.ValueKind == JsonValueKind.String)
                .Select(option => option.GetString()!)
            : [];

    internal static string Text(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "";
}

internal sealed record Tool(string Name, string Description)
{
    /// <value>The words of the name, without the prefix that all tools of a set share.</value>
    public required IReadOnlyList<string> NameWords { get; init; }

    public required IReadOnlyList<ToolProperty> Properties { get; init; }

    public IReadOnlySet<string> DescriptionStems { get; } = Words.Stems(Description).ToHashSet();
}

/// <summary>The tools of one request.</summary>
internal sealed record Toolbox(IReadOnlyList<Tool> Tools)
{
    /// <value>The tool of agents that show a model few of their tools and let it find the others by words.</value>
    public const string Search = "search_tools";

    public bool CanSearch { get; init; }

    public static Toolbox Of(IReadOnlyList<ToolDefinition> offered)
    {
        List<ToolDefinition> definitions = [.. offered.Where(definition => definition.Name != Search)];
        var prefixes = definitions
            .Select(definition => Words.Split(definition.Name))
            .Where(words => words.Count > 1)
            .GroupBy(words => words[0])
            .Where(group => group.Count() > 1 && !Profiles.IsVerb(group.Key))
            .Select(group => group.Key)
            .ToHashSet();
        return new Toolbox([.. definitions.Select(definition => Read(definition, prefixes))])
        {
            CanSearch = definitions.Count < offered.Count,
        };
    }

    private static Tool Read(ToolDefinition definition, HashSet<string> prefixes)
    {
        var words = Words.Split(definition.Name);
        var required =
            definition.InputSchema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array
                ? names.EnumerateArray().Select(name => name.ToString()).ToHashSet()
                : [];
        IReadOnlyList<ToolProperty> properties = definition.InputSchema.TryGetProperty("properties", out var schema)
            ?
            [
                .. schema
                    .EnumerateObject()
                    .Select(property => ToolProperty.Read(property, required.Contains(property.Name))),
            ]
            : [];
        return new Tool(definition.Name, definition.Description)
        {
            NameWords = words.Count > 1 && prefixes.Contains(words[0]) ? words[1..] : words,
            Properties = properties,
        };
    }
}
