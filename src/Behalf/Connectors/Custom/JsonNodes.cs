using System.Globalization;
using System.Text.Json;
using Behalf.Connectors.Document;

namespace Behalf.Connectors.Custom;

/// <summary>JSON as the nodes that the definition's readers read, and JSON Schema as the format's own spelling of it.</summary>
internal static class JsonNodes
{
    /// <value>JSON of a request has no lines to tell.</value>
    private const int Line = 1;

    public static DocumentNode Of(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => new MappingNode(
                Line,
                [.. value.EnumerateObject().Select(property => Entry(property.Name, Of(property.Value)))]
            ),
            JsonValueKind.Array => new SequenceNode(Line, [.. value.EnumerateArray().Select(Of)]),
            JsonValueKind.String => Text(value.GetString()!),
            JsonValueKind.True => Plain("true"),
            JsonValueKind.False => Plain("false"),
            JsonValueKind.Number => Plain(Number(value)),
            _ => Plain("null"),
        };

    public static MappingEntry Entry(string key, DocumentNode value) => new(key, Line, value);

    public static ScalarNode Text(string text) => new(Line, text, Plain: false);

    public static ScalarNode Plain(string text) => new(Line, text, Plain: true);

    public static MappingNode Mapping(IReadOnlyList<MappingEntry> entries) => new(Line, entries);

    public static SequenceNode Sequence(IEnumerable<DocumentNode> items) => new(Line, [.. items]);

    /// <summary>
    /// The properties of an object schema: <c>required</c> moves from the object to its properties, and
    /// <c>additionalProperties</c> may only say what holds anyway.
    /// </summary>
    /// <exception cref="DefinitionFault">Not a closed object schema.</exception>
    public static MappingNode Input(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw new DefinitionFault(Line, "'input_schema' is a JSON Schema of type object");
        }

        foreach (JsonProperty property in schema.EnumerateObject())
        {
            bool known = property.Name switch
            {
                "type" => property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() == "object",
                "additionalProperties" => property.Value.ValueKind == JsonValueKind.False,
                "properties" or "required" or "$schema" or "title" or "description" => true,
                _ => false,
            };
            if (!known)
            {
                throw new DefinitionFault(
                    Line,
                    $"'input_schema' is a closed schema of type object; '{property.Name}' does not fit"
                );
            }
        }

        return Properties(schema, "input_schema");
    }

    private static MappingNode Properties(JsonElement schema, string path)
    {
        HashSet<string> required =
            schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
                ? [.. names.EnumerateArray().Select(name => TextOf(name, $"{path}.required"))]
                : [];
        List<MappingEntry> entries = [];
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in ObjectOf(properties, $"{path}.properties").EnumerateObject())
            {
                MappingNode node = Schema(property.Value, $"{path}.{property.Name}");
                bool isRequired = required.Remove(property.Name);
                entries.Add(
                    Entry(
                        property.Name,
                        isRequired ? Mapping([.. node.Entries, Entry("required", Plain("true"))]) : node
                    )
                );
            }
        }

        return required.Count == 0
            ? Mapping(entries)
            : throw new DefinitionFault(Line, $"{path}: '{required.First()}' is required and not a property");
    }

    private static MappingNode Schema(JsonElement schema, string path)
    {
        List<MappingEntry> entries = [];
        foreach (JsonProperty key in ObjectOf(schema, path).EnumerateObject())
        {
            switch (key.Name)
            {
                case "title" or "required" or "properties":
                case "additionalProperties" when key.Value.ValueKind == JsonValueKind.False:
                    break;
                case "additionalProperties":
                    entries.Add(Entry("values", Schema(key.Value, $"{path}.*")));
                    break;
                case "items":
                    entries.Add(Entry("items", Schema(key.Value, $"{path}[]")));
                    break;
                case "anyOf" or "oneOf" when key.Value.ValueKind == JsonValueKind.Array:
                    entries.Add(
                        Entry("oneOf", Sequence(key.Value.EnumerateArray().Select(choice => Schema(choice, path))))
                    );
                    break;
                default:
                    entries.Add(Entry(key.Name, Of(key.Value)));
                    break;
            }
        }

        MappingNode properties = Properties(schema, path);
        return properties.Entries.Count == 0
            ? Mapping(entries)
            : Mapping([.. entries, Entry("properties", properties)]);
    }

    private static JsonElement ObjectOf(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Object ? value : throw new DefinitionFault(Line, $"{path} is an object");

    private static string TextOf(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new DefinitionFault(Line, $"{path} is a list of names");

    /// <summary>Without an exponent, which the format does not know.</summary>
    private static string Number(JsonElement value) =>
        value.TryGetDecimal(out decimal number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new DefinitionFault(Line, $"{value.GetRawText()} is too large a number");
}
