using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Schemas;

/// <summary>
/// Reads a tool's <c>input</c>. What is outside the subset is refused at load, so that a promise made to a model is
/// always one that is checked.
/// </summary>
/// <param name="named">The definition's <c>schemas</c>: a property may be the name of one of them, with ! when it is required.</param>
internal sealed partial class SchemaReader(IReadOnlyDictionary<string, DocumentNode> named)
{
    private const int MostNamed = 20_000;

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (SchemaNode Schema, JsonObject Json, bool Required)> _read = new(
        StringComparer.Ordinal
    );
    private readonly Dictionary<string, TextPattern> _patterns = new(StringComparer.Ordinal);
    private int _used;

    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];
    private static readonly string[] Formats = ["date", "date-time", "uri", "email"];

    /// <exception cref="DefinitionFault">Outside the subset, open, or a property that could name an identity.</exception>
    public InputSchema Read(DocumentNode? node, bool paged)
    {
        MappingNode properties = node as MappingNode ?? new MappingNode(node?.Line ?? 1, []);
        if (node is not null and not MappingNode)
        {
            throw new DefinitionFault(node.Line, "'input' is a mapping of property names to schemas");
        }

        List<MappingEntry> all = [.. properties.Entries];
        if (paged)
        {
            all.Add(new MappingEntry("cursor", properties.Line, CursorSchema(properties.Line)));
        }

        (SchemaNode root, JsonObject json) = Object(properties.Line, all, "input");
        return new InputSchema(json, root);
    }

    private static MappingNode CursorSchema(int line) =>
        new(
            line,
            [
                new("type", line, new ScalarNode(line, "string", true)),
                new("maxLength", line, new ScalarNode(line, "4096", true)),
                new(
                    "description",
                    line,
                    new ScalarNode(line, "next_cursor of the answer before, with otherwise equal arguments.", false)
                ),
            ]
        );

    /// <summary>In the document <c>required: true</c> stands at the property itself.</summary>
    private (SchemaNode, JsonObject) Object(int line, IReadOnlyList<MappingEntry> entries, string path)
    {
        List<SchemaProperty> properties = [];
        List<string> required = [];
        JsonObject json = [];
        foreach (MappingEntry entry in entries)
        {
            if (!Name().IsMatch(entry.Key))
            {
                throw new DefinitionFault(
                    entry.Line,
                    $"'{entry.Key}': property names are 1–64 of a-z, A-Z, 0-9, _ and -"
                );
            }

            if (IdentityWords.Contains(entry.Key))
            {
                throw new DefinitionFault(
                    entry.Line,
                    $"'{entry.Key}' could name an identity, account, host or credential, which a tool never takes"
                );
            }

            (SchemaNode schema, JsonObject schemaJson, bool isRequired) = Property(entry.Value, $"{path}.{entry.Key}");
            properties.Add(new SchemaProperty(entry.Key, schema));
            json[entry.Key] = schemaJson;
            if (isRequired)
            {
                required.Add(entry.Key);
            }
        }

        JsonObject whole = new() { ["type"] = "object", ["properties"] = json };
        if (required.Count > 0)
        {
            whole["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
        }

        whole["additionalProperties"] = false;
        return (
            new SchemaNode
            {
                Types = ["object"],
                Properties = properties,
                Required = required,
            },
            whole
        );
    }

    private (SchemaNode Schema, JsonObject Json, bool Required) Property(DocumentNode node, string path)
    {
        if (node is ScalarNode { Text: var word })
        {
            return OfName(word, node.Line, path);
        }

        Fields fields = new(node, path);
        bool required = fields.Flag("required");
        IReadOnlyList<string> types = fields.Words("type");
        if (types.FirstOrDefault(type => !Types.Contains(type)) is { } unknown)
        {
            throw new DefinitionFault(node.Line, $"{path}: there is no type '{unknown}'");
        }

        SchemaNode schema = new() { Types = types };
        JsonObject json = [];
        if (types.Count > 0)
        {
            json["type"] = types.Count == 1 ? types[0] : new JsonArray([.. types.Select(type => (JsonNode)type)]);
        }

        CopyText(fields, json, "description");
        schema = Closed(fields, schema, json, node, path);
        schema = Values(fields, schema, json, node, path);
        schema = Texts(fields, schema, json, node, path);
        schema = Numbers(fields, schema, json, node, path);
        schema = Lists(fields, schema, json, path);
        if (fields.Items("oneOf") is { Count: > 0 } choices)
        {
            List<(SchemaNode Schema, JsonObject Json, bool)> read =
            [
                .. choices.Select(choice => Property(choice, path)),
            ];
            schema = schema with { OneOf = [.. read.Select(choice => choice.Schema)] };
            json["anyOf"] = new JsonArray([.. read.Select(choice => (JsonNode)choice.Json)]);
        }
        else if (types.Count == 0 && schema.Enum is null)
        {
            throw new DefinitionFault(node.Line, $"{path} needs a 'type'");
        }

        if (fields.Optional("default") is { } value)
        {
            json["default"] = value.ToJson();
            schema = schema with { Default = Tokens.FromJson(value.ToJson()) };
            if (SchemaValidator.Check(schema, schema.Default, path) is [var problem, ..])
            {
                throw new DefinitionFault(value.Line, $"the default does not fit: {problem.Description}");
            }
        }

        fields.End();
        return (schema, json, required);
    }

    /// <summary>A schema that holds itself, or schemas that multiply, would never end.</summary>
    private (SchemaNode Schema, JsonObject Json, bool Required) OfName(string word, int line, string path)
    {
        string name = word.TrimEnd('!');
        if (named.GetValueOrDefault(name) is not MappingNode node)
        {
            string hint = NearestName.Of(name, named.Keys) is { } near ? $"; did you mean '{near}'?" : "";
            throw new DefinitionFault(line, $"there is no schema '{name}'{hint}");
        }

        if (_open.Contains(name) || ++_used > MostNamed)
        {
            throw new DefinitionFault(line, $"the schema '{name}' holds itself, or is used too often");
        }

        if (!_read.TryGetValue(name, out (SchemaNode Schema, JsonObject Json, bool Required) known))
        {
            _open.Add(name);
            known = Property(node, path);
            _open.Remove(name);
            _read[name] = known;
        }

        return (known.Schema, (JsonObject)known.Json.DeepClone(), known.Required || word.EndsWith('!'));
    }

    private SchemaNode Closed(Fields fields, SchemaNode schema, JsonObject json, DocumentNode node, string path)
    {
        IReadOnlyList<MappingEntry> entries = fields.Entries("properties");
        DocumentNode? free = fields.Optional("values");
        if (!schema.Types.Contains("object"))
        {
            return entries.Count > 0 || free is not null
                ? throw new DefinitionFault(node.Line, $"{path}: only an object has properties")
                : schema;
        }

        (SchemaNode inner, JsonObject innerJson) = Object(node.Line, entries, path);
        json["properties"] = innerJson["properties"]!.DeepClone();
        if (innerJson["required"] is { } required)
        {
            json["required"] = required.DeepClone();
        }

        json["additionalProperties"] = false;
        schema = schema with { Properties = inner.Properties, Required = inner.Required };
        if (free is null)
        {
            return schema;
        }

        (SchemaNode values, JsonObject valuesJson, _) = Property(free, $"{path}.*");
        json["additionalProperties"] = valuesJson;
        int most = fields.Number("maxProperties", 50, 1, 1000);
        json["maxProperties"] = most;
        return schema with { FreeProperties = values, MaxProperties = most };
    }

    private static SchemaNode Values(Fields fields, SchemaNode schema, JsonObject json, DocumentNode node, string path)
    {
        if (fields.Optional("const") is { } constant)
        {
            json["const"] = constant.ToJson();
            return schema with { Enum = [Tokens.FromJson(constant.ToJson())] };
        }

        IReadOnlyList<DocumentNode> values = fields.Items("enum");
        if (values.Count == 0)
        {
            return schema;
        }

        if (values.Count > 200)
        {
            throw new DefinitionFault(node.Line, $"{path}: at most 200 values");
        }

        json["enum"] = new JsonArray([.. values.Select(value => value.ToJson())]);
        return schema with { Enum = [.. values.Select(value => Tokens.FromJson(value.ToJson()))] };
    }

    private SchemaNode Texts(Fields fields, SchemaNode schema, JsonObject json, DocumentNode node, string path)
    {
        int least = fields.Number("minLength", 0, 0, 1_000_000);
        int most = fields.Number("maxLength", int.MaxValue, 1, 1_000_000);
        string? pattern = fields.OptionalText("pattern");
        string? format = fields.OptionalText("format");
        if (schema.Types.Contains("string") && schema.Enum is null && most == int.MaxValue && format is null)
        {
            throw new DefinitionFault(node.Line, $"{path}: a text needs 'maxLength', 'format', 'enum' or 'const'");
        }

        if (format is not null && !Formats.Contains(format))
        {
            throw new DefinitionFault(node.Line, $"{path}: 'format' is one of {string.Join(", ", Formats)}");
        }

        TextPattern? read = null;
        if (pattern is not null)
        {
            if (!_patterns.TryGetValue(pattern, out read))
            {
                read =
                    TextPattern.Read(pattern)
                    ?? throw new DefinitionFault(node.Line, $"{path}: the pattern cannot run without backtracking");
                _patterns[pattern] = read;
            }

            json["pattern"] = pattern;
        }

        if (least > 0)
        {
            json["minLength"] = least;
        }

        if (most < int.MaxValue)
        {
            json["maxLength"] = most;
        }

        if (format is not null)
        {
            json["format"] = format;
        }

        return schema with
        {
            MinLength = least,
            MaxLength = most,
            Pattern = read,
            Format = format,
        };
    }

    private static SchemaNode Numbers(Fields fields, SchemaNode schema, JsonObject json, DocumentNode node, string path)
    {
        decimal? least = Number(fields, "minimum", path);
        decimal? most = Number(fields, "maximum", path);
        if (least > most)
        {
            throw new DefinitionFault(node.Line, $"{path}: 'minimum' is above 'maximum'");
        }

        if (least is { } from)
        {
            json["minimum"] = from;
        }

        if (most is { } to)
        {
            json["maximum"] = to;
        }

        return schema with
        {
            Minimum = least,
            Maximum = most,
        };
    }

    private static decimal? Number(Fields fields, string key, string path) =>
        fields.Optional(key) is not { } node ? null
        : node is ScalarNode { AsNumber: { } number } ? number
        : throw new DefinitionFault(node.Line, $"{path}: '{key}' is a number");

    private SchemaNode Lists(Fields fields, SchemaNode schema, JsonObject json, string path)
    {
        DocumentNode? items = fields.Optional("items");
        int least = fields.Number("minItems", 0, 0, 10_000);
        int most = fields.Number("maxItems", int.MaxValue, 1, 10_000);
        if (!schema.Types.Contains("array"))
        {
            return schema;
        }

        if (items is null || most == int.MaxValue)
        {
            throw new DefinitionFault(fields.Line, $"{path}: a list needs 'items' and 'maxItems'");
        }

        (SchemaNode inner, JsonObject innerJson, _) = Property(items, $"{path}[]");
        json["items"] = innerJson;
        if (least > 0)
        {
            json["minItems"] = least;
        }

        json["maxItems"] = most;
        return schema with { Items = inner, MinItems = least, MaxItems = most };
    }

    private static void CopyText(Fields fields, JsonObject json, string key)
    {
        if (fields.OptionalText(key) is { } text)
        {
            json[key] = text;
        }
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
