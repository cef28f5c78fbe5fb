using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api;

/// <summary>Between <c>google.protobuf.Struct</c> and JSON: integral doubles are integers, bounded in size and depth.</summary>
internal static class StructJson
{
    /// <value>In bytes of JSON.</value>
    public const int MaxBytes = 256 * 1024;

    public const int MaxDepth = 32;

    /// <value>Of most of them, with the room that the writer asks for ahead.</value>
    private const int ShortText = 8 * 1024;

    /// <value>Beyond it a double no longer holds every integer.</value>
    private const double MaxInteger = 9_007_199_254_740_992;

    public static Result<JsonElement> ToElement(Struct? value, string field)
    {
        using PooledBuffer buffer = new(ShortText);
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { MaxDepth = MaxDepth + 1 }))
        {
            if (!Write(writer, value ?? new Struct(), 1))
            {
                return Problem.Invalid(field, "max_depth", $"is nested deeper than {MaxDepth} or holds no JSON number");
            }
        }

        if (buffer.WrittenCount > MaxBytes)
        {
            return Problem.Invalid(field, "max_bytes", $"is larger than {MaxBytes} bytes");
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    public static Struct ToStruct(JsonObject value)
    {
        Struct target = new();
        foreach ((string name, JsonNode? node) in value)
        {
            target.Fields[name] = ToValue(node);
        }

        return target;
    }

    /// <summary>Stored text that should be a JSON object; null when it is none.</summary>
    public static Struct? ParseOrNull(string? json)
    {
        try
        {
            return json is { Length: > 0 } && JsonNode.Parse(json) is JsonObject value ? ToStruct(value) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Write(Utf8JsonWriter writer, Struct value, int depth)
    {
        if (depth > MaxDepth)
        {
            return false;
        }

        writer.WriteStartObject();
        foreach ((string name, Value field) in value.Fields)
        {
            writer.WritePropertyName(name);
            if (!Write(writer, field, depth))
            {
                return false;
            }
        }

        writer.WriteEndObject();
        return true;
    }

    private static bool Write(Utf8JsonWriter writer, Value value, int depth)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                writer.WriteStringValue(value.StringValue);
                return true;
            case Value.KindOneofCase.BoolValue:
                writer.WriteBooleanValue(value.BoolValue);
                return true;
            case Value.KindOneofCase.NumberValue when !double.IsFinite(value.NumberValue):
                return false;
            case Value.KindOneofCase.NumberValue
                when double.IsInteger(value.NumberValue) && Math.Abs(value.NumberValue) <= MaxInteger:
                writer.WriteNumberValue((long)value.NumberValue);
                return true;
            case Value.KindOneofCase.NumberValue:
                writer.WriteNumberValue(value.NumberValue);
                return true;
            case Value.KindOneofCase.StructValue:
                return Write(writer, value.StructValue, depth + 1);
            case Value.KindOneofCase.ListValue:
                return WriteList(writer, value.ListValue, depth + 1);
            default:
                writer.WriteNullValue();
                return true;
        }
    }

    private static bool WriteList(Utf8JsonWriter writer, ListValue list, int depth)
    {
        if (depth > MaxDepth)
        {
            return false;
        }

        writer.WriteStartArray();
        foreach (Value item in list.Values)
        {
            if (!Write(writer, item, depth))
            {
                return false;
            }
        }

        writer.WriteEndArray();
        return true;
    }

    private static Value ToValue(JsonNode? node) =>
        node switch
        {
            null => Value.ForNull(),
            JsonObject value => Value.ForStruct(ToStruct(value)),
            JsonArray array => Value.ForList([.. array.Select(ToValue)]),
            _ => node.GetValueKind() switch
            {
                JsonValueKind.String => Value.ForString(node.GetValue<string>()),
                JsonValueKind.True => Value.ForBool(true),
                JsonValueKind.False => Value.ForBool(false),
                JsonValueKind.Number => Number(node.ToJsonString()),
                _ => Value.ForNull(),
            },
        };

    /// <summary>A number that a double would change stays exact as text.</summary>
    private static Value Number(string text)
    {
        double number = double.Parse(text, CultureInfo.InvariantCulture);
        bool isExact = !double.IsInteger(number) || Math.Abs(number) <= MaxInteger;
        return isExact ? Value.ForNumber(number) : Value.ForString(text);
    }
}
