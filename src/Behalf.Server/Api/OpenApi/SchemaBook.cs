using System.Text.Json.Nodes;
using Behalf.Server.Api.Rules;
using Behalf.Wire.Rules;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.OpenApi;

/// <summary>The schemas of every message and enumeration that is referred to, each once. Not safe to call concurrently.</summary>
internal sealed class SchemaBook(ProtoComments comments)
{
    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);

    /// <value>Complete once everything was referred to.</value>
    public JsonObject Schemas => new(_schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));

    /// <summary>A reference to the type's schema, which is in the book from then on.</summary>
    public JsonObject Refer(IDescriptor type)
    {
        string name = NameOf(type);
        if (!_schemas.ContainsKey(name))
        {
            JsonObject schema = [];
            _schemas.Add(name, schema); // before its fields: messages may hold each other
            if (type is MessageDescriptor message)
            {
                Write(schema, message, except: []);
            }
            else if (type is EnumDescriptor values)
            {
                schema["type"] = "string";
                schema["enum"] = new JsonArray([.. values.Values.Select(v => (JsonNode)v.Name)]);
            }

            Describe(schema, type);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    /// <summary>What is left of a message for the body when some of its fields stand in the path.</summary>
    public JsonObject Rest(MessageDescriptor message, IReadOnlyList<string> except)
    {
        if (except.Count == 0)
        {
            return Refer(message);
        }

        JsonObject schema = [];
        Write(schema, message, except);
        return schema;
    }

    public JsonObject Field(FieldDescriptor field) => Describe(FieldSchema.Of(field, Refer), field);

    public static bool IsRequired(FieldDescriptor field) =>
        !FieldRule.IsOptionalInPractice(field)
        && field.GetOptions()?.GetExtension(RulesExtensions.Rules) is { Required: true } or { MinLen: > 0 };

    /// <summary>Without the package's first parts: <c>tools.Tool</c>, <c>behalf.v1.Client</c>.</summary>
    private static string NameOf(IDescriptor type) =>
        type.FullName.StartsWith("scalekit.v1.", StringComparison.Ordinal)
            ? type.FullName["scalekit.v1.".Length..]
            : type.FullName;

    private void Write(JsonObject schema, MessageDescriptor message, IReadOnlyList<string> except)
    {
        FieldDescriptor[] fields =
        [
            .. message.Fields.InDeclarationOrder().Where(field => !except.Contains(field.Name, StringComparer.Ordinal)),
        ];
        schema["type"] = "object";
        schema["properties"] = new JsonObject(
            fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)Field(field)))
        );
        JsonNode[] required = [.. fields.Where(IsRequired).Select(field => (JsonNode)field.Name)];
        if (required.Length > 0)
        {
            schema["required"] = new JsonArray(required);
        }
    }

    private JsonObject Describe(JsonObject schema, IDescriptor descriptor)
    {
        if (comments.Of(descriptor) is { Length: > 0 } text)
        {
            schema["description"] = text;
        }

        return schema;
    }
}
