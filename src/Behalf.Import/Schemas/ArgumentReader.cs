using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Import.Documents;

namespace Behalf.Import.Schemas;

/// <summary>
/// Puts a document's schemas into the closed, bounded subset of the connector format, for one tool: what the document leaves
/// open gets a bound, what goes deeper than a model can follow becomes free names with plain values.
/// </summary>
internal sealed class ArgumentReader(ApiDocument document)
{
    private const int MaxDepth = 5;
    private const int MaxFields = 150;
    private const int MostFields = 600;
    private const int MaxReads = 5_000;
    private const int MaxChoices = 8;
    private const int MaxValues = 200;
    private const int DefaultText = 20_000;
    private const int DefaultItems = 100;
    private const int DescriptionLength = 240;

    private static readonly string[] Formats = ["date", "date-time", "uri", "email"];

    private int _fields;
    private int _reads;

    /// <value>Optional fields that were left out, for any reason.</value>
    public int LeftOut { get; private set; }

    /// <exception cref="NotRepresentable">There is no such value in the format: a file, a reference to elsewhere.</exception>
    public Argument Read(JsonElement schema, string expression, string? description = null) =>
        Read(schema, expression, description, depth: 1, renames: true);

    /// <summary>The members of an object one by one, for what takes them as arguments of its own.</summary>
    /// <returns>Null: it is no object of named members.</returns>
    public IReadOnlyList<(string Name, JsonElement Schema, bool IsRequired)>? Members(JsonElement schema)
    {
        Shape shape = Shape.Of(document, schema);
        return shape.Types is ["object"] && shape.Properties.Count > 0 && !shape.IsNullable
            ?
            [
                .. shape
                    .Properties.Where(property => !IsReadOnly(property.Schema))
                    .Select(property => (property.Name, property.Schema, shape.Required.Contains(property.Name))),
            ]
            : null;
    }

    /// <summary>Counts an optional field that its holder does without.</summary>
    public void LeaveOut() => LeftOut++;

    /// <summary>Whether another optional field may be added; required ones always may, up to a hard bound.</summary>
    public bool HasRoom(bool isRequired)
    {
        if (++_fields > MostFields)
        {
            throw new NotRepresentable($"it takes more than {MostFields} fields");
        }

        return isRequired || _fields <= MaxFields;
    }

    private Argument Read(JsonElement schema, string expression, string? description, int depth, bool renames)
    {
        if (++_reads > MaxReads)
        {
            throw new NotRepresentable("its schemas are too large");
        }

        if (depth > MaxDepth)
        {
            return Free([], expression, depth);
        }

        Shape shape = Shape.Of(document, schema);
        JsonObject json = [];
        Argument argument = shape switch
        {
            { Types: ["file"] } or { Format: "binary" } => throw new NotRepresentable("it takes a file"),
            { Enum.Count: > 0 and <= MaxValues } when shape.Enum.TrueForAll(IsScalar) => Values(
                shape,
                json,
                expression
            ),
            { Choices.Count: > 0, Properties.Count: 0 } => Choices(shape, json, expression, depth),
            { Types: ["object"] } => Object(shape, json, expression, depth, renames),
            { Types: ["array"] } => List(shape, json, expression, depth, renames),
            { Types: [] } => Free(json, expression, depth),
            { Types.Count: > 1 } when shape.Types.Exists(type => type is "object" or "array") => Free(
                json,
                expression,
                depth
            ),
            _ => Scalar(shape, json, expression),
        };
        Describe(json, description ?? shape.Description, shape.Default);
        return argument with { IsNullable = shape.IsNullable };
    }

    private static void Describe(JsonObject json, string? description, string? otherwise)
    {
        string text = Words.Line(description ?? "", DescriptionLength);
        string tail = otherwise is { Length: > 0 and <= 60 } ? $"Default: {Words.Line(otherwise, 60)}." : "";
        string whole = $"{text} {tail}".Trim();
        if (whole.Length > 0)
        {
            json["description"] = whole;
        }
    }

    private static Argument Values(Shape shape, JsonObject json, string expression)
    {
        json["enum"] = new JsonArray([.. shape.Enum.Select(Scalar)]);
        return new Argument(json, $"={expression}", IsPlain: true);
    }

    private static Argument Scalar(Shape shape, JsonObject json, string expression)
    {
        json["type"] =
            shape.Types.Count == 1
                ? shape.Types[0]
                : new JsonArray([.. shape.Types.Distinct().Select(type => (JsonNode)type)]);
        if (shape.Types.Contains("string"))
        {
            Text(shape, json);
        }

        if (shape.Types.Exists(type => type is "number" or "integer") && !(shape.Minimum > shape.Maximum))
        {
            Put(json, "minimum", shape.Minimum);
            Put(json, "maximum", shape.Maximum);
        }

        return new Argument(json, $"={expression}", IsPlain: true);
    }

    private static void Text(Shape shape, JsonObject json)
    {
        int most = shape.MaxLength is > 0 and <= 1_000_000 ? shape.MaxLength.Value : DefaultText;
        if (shape.MinLength is > 0 && shape.MinLength <= most)
        {
            json["minLength"] = shape.MinLength;
        }

        json["maxLength"] = most;
        if (shape.Format is { } format && Formats.Contains(format, StringComparer.Ordinal))
        {
            json["format"] = format;
        }

        if (shape.Pattern is { Length: > 0 and <= 200 } pattern && Runs(pattern))
        {
            json["pattern"] = pattern;
        }
    }

    /// <summary>Patterns of documents are of another dialect; one that cannot be checked is the provider's to check.</summary>
    private static bool Runs(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private Argument List(Shape shape, JsonObject json, string expression, int depth, bool renames)
    {
        Argument items = shape.Items is { ValueKind: JsonValueKind.Object } schema
            ? Read(schema, "item", null, depth + 1, renames)
            : Free([], "item", depth);
        int most = shape.MaxItems is > 0 and <= 10_000 ? shape.MaxItems.Value : DefaultItems;
        json["type"] = "array";
        json["items"] = items.Schema;
        if (shape.MinItems is > 0 && shape.MinItems <= most)
        {
            json["minItems"] = shape.MinItems;
        }

        json["maxItems"] = most;
        JsonNode tree = IsExpression(items.Tree)
            ? $"={expression}"
            : new JsonObject { ["$each"] = $"={expression}", ["$do"] = items.Tree };
        return new Argument(json, tree, IsPlain: items.IsPlain && !items.IsList);
    }

    private Argument Object(Shape shape, JsonObject json, string expression, int depth, bool renames)
    {
        json["type"] = "object";
        if (shape.Properties.Count == 0 || depth >= MaxDepth)
        {
            return FreeNames(shape, json, expression, depth);
        }

        JsonObject properties = [];
        JsonObject members = [];
        bool differs = false;
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach ((string name, JsonElement schema) in shape.Properties)
        {
            bool isRequired = shape.Required.Contains(name);
            if (IsReadOnly(schema))
            {
                continue;
            }

            if (!HasRoom(isRequired))
            {
                LeaveOut();
                continue;
            }

            try
            {
                string own = NameOf(name, taken, renames);
                Argument value = Read(schema, MemberPath.Of(expression, own), null, depth + 1, renames);
                if (isRequired)
                {
                    value.Schema["required"] = true;
                }

                taken.Add(own);
                properties[own] = value.Schema;
                members[name] = value.Tree;
                differs |= own != name || !IsExpression(value.Tree);
            }
            catch (NotRepresentable) when (!isRequired)
            {
                LeaveOut();
            }
        }

        json["properties"] = properties;
        JsonNode tree = differs ? new JsonObject { ["$if"] = $"={expression}", ["$then"] = members } : $"={expression}";
        return new Argument(json, tree, IsPlain: false);
    }

    /// <exception cref="NotRepresentable">The tree that is sent cannot hold the name, or another name is no choice here.</exception>
    private static string NameOf(string name, HashSet<string> taken, bool renames)
    {
        string own = ArgumentNames.Of(name, taken);
        return name.StartsWith('$') || (!renames && own != name)
            ? throw new NotRepresentable($"the name '{Words.Line(name, 40)}' cannot be sent")
            : own;
    }

    private Argument FreeNames(Shape shape, JsonObject json, string expression, int depth)
    {
        json["values"] = shape is { Properties.Count: 0, Free: { ValueKind: JsonValueKind.Object } values }
            ? Read(values, "item", null, depth + 1, renames: false).Schema
            : AnyValue();
        return new Argument(json, $"={expression}", IsPlain: false);
    }

    private Argument Choices(Shape shape, JsonObject json, string expression, int depth)
    {
        List<JsonObject> choices = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        bool isPlain = true;
        foreach (JsonElement choice in shape.Choices.Take(MaxChoices))
        {
            try
            {
                Argument read = Read(choice, expression, null, depth + 1, renames: false);
                if (seen.Add(read.Schema.ToJsonString()))
                {
                    choices.Add(read.Schema);
                    isPlain &= read.IsPlain && !read.IsList;
                }
            }
            catch (NotRepresentable) when (shape.Choices.Count > 1)
            {
                LeaveOut();
            }
        }

        if (choices.Count == 0)
        {
            throw new NotRepresentable("none of the alternatives of a field can be given");
        }

        if (choices is [var only])
        {
            foreach ((string key, JsonNode? value) in only)
            {
                json[key] = value?.DeepClone();
            }
        }
        else
        {
            json["oneOf"] = new JsonArray([.. choices]);
        }

        return new Argument(json, $"={expression}", isPlain);
    }

    /// <summary>The document says nothing: a plain value, a list of them, or names with them.</summary>
    private static Argument Free(JsonObject json, string expression, int depth)
    {
        json["oneOf"] =
            depth < MaxDepth
                ? new JsonArray(
                    PlainValue(),
                    new JsonObject
                    {
                        ["type"] = "array",
                        ["items"] = PlainValue(),
                        ["maxItems"] = DefaultItems,
                    },
                    new JsonObject { ["type"] = "object", ["values"] = AnyValue() }
                )
                : new JsonArray(PlainValue());
        return new Argument(json, $"={expression}", IsPlain: false);
    }

    private static JsonObject AnyValue() =>
        new()
        {
            ["oneOf"] = new JsonArray(
                PlainValue(),
                new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = PlainValue(),
                    ["maxItems"] = DefaultItems,
                }
            ),
        };

    private static JsonObject PlainValue() =>
        new() { ["type"] = new JsonArray("string", "number", "boolean"), ["maxLength"] = DefaultText };

    private bool IsReadOnly(JsonElement schema) =>
        Json.IsTrue(schema, "readOnly")
        || (Json.Member(schema, "$ref") is not null && Json.IsTrue(Followed(schema), "readOnly"));

    private JsonElement Followed(JsonElement schema)
    {
        try
        {
            return document.Follow(schema);
        }
        catch (NotRepresentable)
        {
            return schema; // told where the value itself is read
        }
    }

    public static bool IsExpression(JsonNode tree) => tree is JsonValue;

    private static bool IsScalar(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static JsonNode Scalar(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => JsonValue.Create(value.GetString()!),
            JsonValueKind.True => JsonValue.Create(true),
            JsonValueKind.False => JsonValue.Create(false),
            _ => value.TryGetDecimal(out decimal number)
                ? JsonValue.Create(number)
                : throw new NotRepresentable("one of its values is no number that can be held"),
        };

    private static void Put(JsonObject json, string key, decimal? number)
    {
        if (number is { } value)
        {
            json[key] = value;
        }
    }
}
