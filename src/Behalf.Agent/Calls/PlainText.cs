using System.Text;
using System.Text.Json.Nodes;

namespace Behalf.Agent.Calls;

/// <summary>
/// Takes out what a reader cannot see and a model can be steered by: control characters (other than tab and line feed),
/// bidirectional controls, zero-width characters, tag characters, unpaired surrogates.
/// </summary>
internal static class PlainText
{
    public static string Clean(string text)
    {
        var cleaned = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsVisible(rune.Value))
            {
                cleaned.Append(rune.ToString());
            }
        }

        return cleaned.ToString();
    }

    /// <summary>For a piece of a text, which may begin or end within a surrogate pair.</summary>
    public static string CleanDelta(string piece) => piece.All(IsSafe) ? piece : new string([.. piece.Where(IsSafe)]);

    /// <returns>A copy whose names and strings are clean.</returns>
    public static JsonNode? Clean(JsonNode? node) =>
        node switch
        {
            JsonObject map => Clean(map),
            JsonArray list => new JsonArray([.. list.Select(Clean)]),
            JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Clean(text)),
            null => null,
            _ => node.DeepClone(),
        };

    private static JsonObject Clean(JsonObject map)
    {
        var cleaned = new JsonObject();
        foreach (var (name, value) in map)
        {
            cleaned[Clean(name)] = Clean(value);
        }

        return cleaned;
    }

    private static bool IsSafe(char letter) => char.IsSurrogate(letter) || IsVisible(letter);

    private static bool IsVisible(int rune) =>
        rune switch
        {
            '\t' or '\n' => true,
            < 0x20 or (>= 0x7F and <= 0x9F) => false,
            0xFFFD => false,
            0x00AD or 0x061C or 0x180E or 0xFEFF => false,
            // ZWJ and ZWNJ (200C, 200D) shape letters and emoji and stay
            0x200B or 0x200E or 0x200F => false,
            >= 0x2028 and <= 0x202E => false,
            >= 0x2060 and <= 0x206F => false,
            >= 0xFFF9 and <= 0xFFFB => false,
            >= 0xE0000 and <= 0xE0FFF => false,
            _ => true,
        };
}
