using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Behalf.Cli.Output;

/// <summary>
/// JSON as every command writes it: snake_case, letters and quotes readable, and whatever could steer a terminal escaped.
/// </summary>
internal static class CliJson
{
    private static readonly JsonSerializerOptions s_document = Make(indented: true);
    private static readonly JsonSerializerOptions s_line = Make(indented: false);

    /// <summary>Over several lines, for one answer.</summary>
    public static string Document<T>(T value) => EscapeInvisible(JsonSerializer.Serialize(value, s_document));

    /// <summary>On one line, for one of several.</summary>
    public static string Line<T>(T value) => EscapeInvisible(JsonSerializer.Serialize(value, s_line));

    /// <summary>Such characters stand only inside JSON strings, where an escape means the same.</summary>
    private static string EscapeInvisible(string json)
    {
        StringBuilder? escaped = null;
        var index = 0;
        foreach (var rune in json.EnumerateRunes())
        {
            if (IsInvisible(rune))
            {
                escaped ??= new StringBuilder(json, 0, index, json.Length + 32);
                foreach (var unit in rune.ToString())
                {
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
                }
            }
            else
            {
                escaped?.Append(rune.ToString());
            }
            index += rune.Utf16SequenceLength;
        }
        return escaped?.ToString() ?? json;
    }

    private static bool IsInvisible(Rune rune) =>
        rune.Value > 0x7E
        && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse;

    private static JsonSerializerOptions Make(bool indented) =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = indented,
            // Control characters are escaped; the answer goes to a terminal or a program, never into a page.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
}
