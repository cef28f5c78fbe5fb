using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Client.Internal;

/// <summary>JSON objects on the wire. A number the wire's double cannot hold exactly is refused, never rounded.</summary>
internal static class StructJson
{
    private const int DeepestNesting = 64;

    /// <summary>The value, or the path of what cannot be sent and why.</summary>
    public static (Struct? Value, string? Problem) ToStruct(JsonObject json)
    {
        string? problem = null;
        var value = Object(json, "", 0, ref problem);
        return problem is null ? (value, null) : (null, problem);
    }

    public static JsonObject ToJson(Struct value)
    {
        var json = new JsonObject();
        foreach (var (name, field) in value.Fields)
        {
            json[name] = ToNode(field);
        }
        return json;
    }

    public static JsonElement ToElement(Value? value) =>
        value is { KindCase: Value.KindOneofCase.StructValue }
            ? JsonSerializer.SerializeToElement(ToJson(value.StructValue))
            : JsonSerializer.SerializeToElement(new JsonObject());

    private static JsonNode? ToNode(Value value) =>
        value.KindCase switch
        {
            Value.KindOneofCase.StringValue => JsonValue.Create(value.StringValue),
            Value.KindOneofCase.BoolValue => JsonValue.Create(value.BoolValue),
            Value.KindOneofCase.NumberValue => Number(value.NumberValue),
            Value.KindOneofCase.StructValue => ToJson(value.StructValue),
            Value.KindOneofCase.ListValue => new JsonArray([.. value.ListValue.Values.Select(ToNode)]),
            _ => null,
        };

    private static JsonNode? Number(double number) =>
        double.IsInteger(number) && Math.Abs(number) <= 9_007_199_254_740_992 ? JsonValue.Create((long)number)
        : double.IsFinite(number) ? JsonValue.Create(number)
        : null;

    private static Struct Object(JsonObject json, string path, int depth, ref string? problem)
    {
        var value = new Struct();
        foreach (var (name, node) in json)
        {
            value.Fields[name] = ToValue(node, path.Length == 0 ? name : $"{path}.{name}", depth + 1, ref problem);
        }
        return value;
    }

    private static Value ToValue(JsonNode? node, string path, int depth, ref string? problem)
    {
        if (depth > DeepestNesting)
        {
            problem ??= $"{path}: nested deeper than {DeepestNesting} levels";
            return Value.ForNull();
        }
        switch (node)
        {
            case null:
                return Value.ForNull();
            case JsonObject json:
                return Value.ForStruct(Object(json, path, depth, ref problem));
            case JsonArray array:
                var items = new Value[array.Count];
                for (var index = 0; index < array.Count; index++)
                {
                    items[index] = ToValue(array[index], $"{path}[{index}]", depth + 1, ref problem);
                }
                return Value.ForList(items);
        }
        switch (node.GetValueKind())
        {
            case JsonValueKind.String:
                return Value.ForString(node.GetValue<string>());
            case JsonValueKind.True:
                return Value.ForBool(true);
            case JsonValueKind.False:
                return Value.ForBool(false);
            case JsonValueKind.Number:
                var text = node.ToJsonString();
                if (!Exact.TryDouble(text, out var number))
                {
                    problem ??= $"{path}: {text} cannot be carried exactly as a number; send it as a string";
                }
                return Value.ForNumber(number);
            default:
                return Value.ForNull();
        }
    }
}
