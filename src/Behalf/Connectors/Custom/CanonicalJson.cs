using System.Text.Json.Nodes;

namespace Behalf.Connectors.Custom;

/// <summary>One text for values that are equal whatever the order of their keys; for comparing and hashing only.</summary>
internal static class CanonicalJson
{
    public static string Of(JsonNode? value) => Sorted(value)?.ToJsonString() ?? "null";

    private static JsonNode? Sorted(JsonNode? value) =>
        value switch
        {
            JsonObject map => new JsonObject(
                map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair => new KeyValuePair<string, JsonNode?>(pair.Key, Sorted(pair.Value)))
            ),
            JsonArray list => new JsonArray([.. list.Select(Sorted)]),
            _ => value?.DeepClone(),
        };
}
