using System.Text.Json.Nodes;

namespace Behalf.Tools.Fixtures;

/// <summary>Where two JSON values differ, by JSON pointers (RFC 6901).</summary>
internal static class JsonDifference
{
    private const int MostShown = 200;

    public static IEnumerable<string> Of(JsonNode? actual, JsonNode? expected, string at) =>
        (actual, expected) switch
        {
            (JsonObject found, JsonObject wanted) => wanted
                .Select(property => property.Key)
                .Union(found.Select(property => property.Key))
                .SelectMany(key => Of(found[key], wanted[key], $"{at}/{Escape(key)}")),
            (JsonArray found, JsonArray wanted) when found.Count == wanted.Count => found
                .Zip(wanted)
                .SelectMany((pair, index) => Of(pair.First, pair.Second, $"{at}/{index}")),
            _ => JsonNode.DeepEquals(actual, expected)
                ? []
                : [$"{at}: it is {Shown(actual)} where {Shown(expected)} is expected"],
        };

    private static string Escape(string key) =>
        key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Shown(JsonNode? node) =>
        node is null ? "nothing"
        : node.ToJsonString() is { Length: > MostShown } text ? $"{text[..MostShown]}…"
        : node.ToJsonString();
}
