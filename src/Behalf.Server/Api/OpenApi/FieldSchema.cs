using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Server.Api.Rules;
using Behalf.Wire.Rules;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.OpenApi;

/// <summary>A field as JSON Schema 2020-12: its type as the JSON mapping of protobuf has it, and the bounds it must keep.</summary>
internal static class FieldSchema
{
    /// <param name="reference">The schema of a message or enumeration of ours.</param>
    public static JsonObject Of(FieldDescriptor field, Func<IDescriptor, JsonObject> reference)
    {
        FieldRules rules = field.GetOptions()?.GetExtension(RulesExtensions.Rules) ?? new FieldRules();
        if (field.IsMap)
        {
            FieldDescriptor value = field.MessageType.FindFieldByNumber(2);
            JsonObject map = new()
            {
                ["type"] = "object",
                ["additionalProperties"] = Bound(Single(value, reference), rules.Values),
            };
            if (rules.Keys is { } keys)
            {
                map["propertyNames"] = Bound(new JsonObject { ["type"] = "string" }, keys);
            }

            return Counted(map, "maxProperties", rules.HasMaxPairs, rules.MaxPairs);
        }

        JsonObject single = Single(field, reference);
        if (field.IsRepeated)
        {
            JsonObject array = new() { ["type"] = "array", ["items"] = Bound(single, rules.Items) };
            Counted(array, "minItems", rules.HasMinItems, rules.MinItems);
            return Counted(array, "maxItems", rules.HasMaxItems, rules.MaxItems);
        }

        return FieldRule.IsIdentifier(field) ? Identifier(single, rules) : Bound(single, rules);
    }

    private static JsonObject Single(FieldDescriptor field, Func<IDescriptor, JsonObject> reference) =>
        field.FieldType switch
        {
            FieldType.Message => WellKnownSchema.Of(field.MessageType) ?? reference(field.MessageType),
            FieldType.Enum => reference(field.EnumType),
            var type => Scalar(type),
        };

    public static JsonObject Scalar(FieldType type) =>
        type switch
        {
            FieldType.Bool => new JsonObject { ["type"] = "boolean" },
            FieldType.String => new JsonObject { ["type"] = "string" },
            FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
            FieldType.Float => new JsonObject { ["type"] = "number", ["format"] = "float" },
            FieldType.Double => new JsonObject { ["type"] = "number", ["format"] = "double" },
            FieldType.UInt32 or FieldType.Fixed32 => new JsonObject
            {
                ["type"] = "integer",
                ["minimum"] = 0,
                ["maximum"] = uint.MaxValue,
            },
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new JsonObject
            {
                ["type"] = "integer",
                ["format"] = "int32",
            },
            // JSON's numbers do not hold these.
            FieldType.UInt64 or FieldType.Fixed64 => new JsonObject { ["type"] = "string", ["format"] = "uint64" },
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => new JsonObject
            {
                ["type"] = "string",
                ["format"] = "int64",
            },
            _ => throw new InvalidOperationException($"No JSON form for {type}."),
        };

    /// <summary>One rule at every door, wider than what some fields declare.</summary>
    private static JsonObject Identifier(JsonObject schema, FieldRules rules)
    {
        schema["maxLength"] = Behalf.Identifier.MaxLength;
        if (rules is { Required: true } or { MinLen: > 0 })
        {
            schema["minLength"] = 1;
        }

        return schema;
    }

    private static JsonObject Bound(JsonObject schema, FieldRules? rules)
    {
        if (rules is null)
        {
            return schema;
        }

        bool isRequired = rules.Required || rules.MinLen > 0;
        if (schema["type"] is JsonValue type && type.GetValue<string>() == "string")
        {
            Counted(schema, "minLength", isRequired, Math.Max(1, rules.MinLen));
            Counted(schema, "maxLength", rules.HasMaxLen, rules.MaxLen);
            string? pattern =
                rules.HasPattern ? rules.Pattern
                : rules.HasPrefix ? $"^{Regex.Escape(rules.Prefix)}"
                : null;
            if (pattern is not null)
            {
                // An empty value stands for none.
                schema["pattern"] = isRequired ? pattern : $"^$|{pattern}";
            }
        }

        Counted(schema, "maximum", rules.HasLte, rules.Lte);
        Counted(schema, "exclusiveMaximum", rules.HasLt, rules.Lt);
        Counted(schema, "minimum", rules.HasGte, rules.Gte);
        Counted(schema, "exclusiveMinimum", rules.HasGt, rules.Gt);
        return schema;
    }

    private static JsonObject Counted(JsonObject schema, string keyword, bool isSet, ulong value)
    {
        if (isSet)
        {
            schema[keyword] = value;
        }

        return schema;
    }
}
