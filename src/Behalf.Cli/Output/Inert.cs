using System.Globalization;
using System.Text;

namespace Behalf.Cli.Output;

/// <summary>
/// Stored text made harmless for a terminal: no control character, escape sequence, direction override or invisible
/// tag reaches it.
/// </summary>
internal static class Inert
{
    private const char Replacement = '\uFFFD';

    /// <summary>On one line: line breaks and tabs become spaces.</summary>
    public static string Line(string text) => Clean(text, keepsLines: false);

    /// <summary>Line breaks and tabs stay.</summary>
    public static string Text(string text) => Clean(text, keepsLines: true);

    private static string Clean(string text, bool keepsLines)
    {
        StringBuilder? cleaned = null;
        var index = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var isBreak = rune.Value is '\n' or '\t';
            var isCarriageReturn = rune.Value == '\r';
            if (IsHarmless(rune) || (isBreak && keepsLines))
            {
                cleaned?.Append(rune.ToString());
            }
            else
            {
                cleaned ??= new StringBuilder(text, 0, index, text.Length + 16);
                if (isBreak || (isCarriageReturn && !keepsLines))
                {
                    cleaned.Append(' ');
                }
                else if (!isCarriageReturn)
                {
                    cleaned.Append(Replacement);
                }
            }
            index += rune.Utf16SequenceLength;
        }
        return cleaned?.ToString() ?? text;
    }

    private static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
            );
}
