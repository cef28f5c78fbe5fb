using System.Text.Json;
using Behalf.Import.Documents;

namespace Behalf.Import.Schemas;

/// <summary>A schema with its references followed and its <c>allOf</c> joined: what of it the importer uses.</summary>
internal sealed class Shape
{
    private const int MaxParts = 60;
    private const int MaxProperties = 1_000;

    private int _parts;

    private Shape() { }

    /// <value>Without <c>null</c>; empty: not said.</value>
    public List<string> Types { get; } = [];

    public bool IsNullable { get; private set; }

    public List<(string Name, JsonElement Schema)> Properties { get; } = [];

    public HashSet<string> Required { get; } = new(StringComparer.Ordinal);

    public List<JsonElement> Enum { get; } = [];

    /// <value>Alternatives, those of null left out.</value>
    public List<JsonElement> Choices { get; } = [];

    public JsonElement? Items { get; private set; }

    /// <value>Free names: their schema, or <c>true</c>.</value>
    public JsonElement? Free { get; private set; }

    public string? Description { get; private set; }

    public string? Format { get; private set; }

    public string? Pattern { get; private set; }

    public bool IsReadOnly { get; private set; }

    public decimal? Minimum { get; private set; }

    public decimal? Maximum { get; private set; }

    public int? MinLength { get; private set; }

    public int? MaxLength { get; private set; }

    public int? MinItems { get; private set; }

    public int? MaxItems { get; private set; }

    public string? Default { get; private set; }

    /// <exception cref="NotRepresentable">A reference that leads nowhere, or more parts than a schema has.</exception>
    public static Shape Of(ApiDocument document, JsonElement schema)
    {
        Shape shape = new();
        shape.Join(document, schema);
        if (shape.Types.Count == 0)
        {
            shape.Types.AddRange(shape.Guessed());
        }

        return shape;
    }

    /// <summary>What is said first holds: the schema's own words before those of its parts.</summary>
    private void Join(ApiDocument document, JsonElement element)
    {
        if (++_parts > MaxParts)
        {
            throw new NotRepresentable("one of its schemas has too many parts");
        }

        // 3.1 lets words stand beside a reference; they come first.
        JsonElement schema = document.Follow(element);
        foreach (JsonElement said in Json.Member(element, "$ref") is null ? [schema] : (JsonElement[])[element, schema])
        {
            JoinWords(said);
        }

        JoinTypes(schema);
        foreach (JsonProperty property in Json.Members(Json.Member(schema, "properties")))
        {
            if (Properties.Count < MaxProperties && Properties.TrueForAll(known => known.Name != property.Name))
            {
                Properties.Add((property.Name, property.Value));
            }
        }

        Required.UnionWith(Json.Texts(Json.Member(schema, "required")).Take(MaxProperties));
        foreach (JsonElement part in Json.Items(Json.Member(schema, "allOf")))
        {
            Join(document, part);
        }

        foreach (string word in (string[])["oneOf", "anyOf"])
        {
            foreach (JsonElement choice in Json.Items(Json.Member(schema, word)).Take(MaxParts))
            {
                if (Json.TextOf(choice, "type") == "null")
                {
                    IsNullable = true;
                }
                else
                {
                    Choices.Add(choice);
                }
            }
        }
    }

    private void JoinWords(JsonElement schema)
    {
        Description ??= Json.TextOf(schema, "description");
        Format ??= Json.TextOf(schema, "format");
        Pattern ??= Json.TextOf(schema, "pattern");
        IsReadOnly |= Json.IsTrue(schema, "readOnly");
        IsNullable |= Json.IsTrue(schema, "nullable") || Json.IsTrue(schema, "x-nullable");
        Items ??= Json.Member(schema, "items");
        Minimum ??= Number(schema, "minimum");
        Maximum ??= Number(schema, "maximum");
        MinLength ??= Count(schema, "minLength");
        MaxLength ??= Count(schema, "maxLength");
        MinItems ??= Count(schema, "minItems");
        MaxItems ??= Count(schema, "maxItems");
        if (
            Json.Member(schema, "additionalProperties") is
            { ValueKind: JsonValueKind.True or JsonValueKind.Object } free
        )
        {
            Free ??= free;
        }

        Default ??= Json.Member(schema, "default") is { } value && IsScalar(value) ? value.ToString() : null;
    }

    private void JoinTypes(JsonElement schema)
    {
        IEnumerable<string> types = Json.TextOf(schema, "type") is { } one
            ? [one]
            : Json.Texts(Json.Member(schema, "type")).Take(10);
        if (Types.Count == 0)
        {
            foreach (string type in types)
            {
                if (type == "null")
                {
                    IsNullable = true;
                }
                else if (type is "object" or "array" or "string" or "number" or "integer" or "boolean" or "file")
                {
                    Types.Add(type);
                }
            }
        }

        if (Enum.Count > 0)
        {
            return;
        }

        if (Json.Member(schema, "const") is { } constant && IsScalar(constant))
        {
            Enum.Add(constant);
            return;
        }

        foreach (JsonElement value in Json.Items(Json.Member(schema, "enum")))
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                IsNullable = true;
            }
            else
            {
                Enum.Add(value);
            }
        }
    }

    private IEnumerable<string> Guessed() =>
        Properties.Count > 0 || Free is { ValueKind: JsonValueKind.Object } ? ["object"]
        : Items is not null ? ["array"]
        : Enum.Count > 0 && Enum.TrueForAll(value => value.ValueKind == JsonValueKind.String) ? ["string"]
        : MinLength is not null || MaxLength is not null || Pattern is not null || Format is not null ? ["string"]
        : [];

    private static bool IsScalar(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static decimal? Number(JsonElement schema, string name) =>
        Json.Member(schema, name) is { ValueKind: JsonValueKind.Number } number
        && number.TryGetDecimal(out decimal value)
        && Math.Abs(value) < 1_000_000_000_000_000_000
            ? value
            : null;

    private static int? Count(JsonElement schema, string name) =>
        Json.Member(schema, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value)
            ? value
            : null;
}
