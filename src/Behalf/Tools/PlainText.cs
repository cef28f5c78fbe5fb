using System.Globalization;
using System.Text;

namespace Behalf.Tools;

/// <summary>
/// Text as it may reach a model: without control characters (but newline and tab), bidirectional controls, tag
/// characters, and other invisible carriers. Joiners inside emoji and scripts stay.
/// </summary>
internal static class PlainText
{
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !text.EnumerateRunes().Any(IsUnwanted))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes().Where(rune => !IsUnwanted(rune)))
        {
            clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>At most so many UTF-16 units, never half a surrogate pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static bool IsUnwanted(Rune rune) =>
        rune.Value switch
        {
            '\n' or '\t' => false,
            0x200C or 0x200D => false, // joiners: emoji and several scripts need them
            0xFFFD => true, // also what a lone surrogate enumerates as
            >= 0xE0100 and <= 0xE01EF => true, // variation selectors supplement
            >= 0xFFF9 and <= 0xFFFB => true,
            _ => Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.PrivateUse
                    or UnicodeCategory.OtherNotAssigned,
        };
}
