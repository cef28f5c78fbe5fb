using System.Text.Json;

namespace Behalf.Import.Documents;

/// <summary>Looks into untrusted JSON, whose texts are whole: what is not there, or of another kind, is null.</summary>
internal static class Json
{
    public static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement found) ? found : null;

    public static string? TextOf(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static bool IsTrue(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static IEnumerable<JsonProperty> Members(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : [];

    public static IEnumerable<string> Texts(JsonElement? element) =>
        Items(element).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!);
}
