using System.Buffers;
using System.Globalization;
using System.Text;

namespace Behalf.Audit;

/// <summary>
/// Makes text safe to keep and show: what could forge a line, hide or reorder text stands escaped, and length is bounded.
/// Identifiers that passed <see cref="Identifier.TryParse"/> come through unchanged.
/// </summary>
internal static class AuditText
{
    /// <value>In UTF-16 units, the marker of a cut included.</value>
    public const int MaxLength = 1024;

    /// <value>What stands for itself at a glance, and is nearly all there is: printable ASCII.</value>
    private static readonly SearchValues<char> Plain = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(unit => (char)unit),
    ]);

    private const string CutMarker = "…[cut]";

    public static string? Neutralise(string? text)
    {
        if (text is null || (text.Length <= MaxLength && IsClean(text)))
        {
            return text;
        }

        // A cut keeps whole characters and whole escapes; the marker must fit behind the last of them.
        const int room = MaxLength - 6;
        StringBuilder clean = new(Math.Min(text.Length, MaxLength));
        int kept = 0;
        for (int i = 0; i < text.Length; )
        {
            i += AppendNext(clean, text, i);
            if (clean.Length <= room)
            {
                kept = clean.Length;
            }

            if (clean.Length > MaxLength)
            {
                clean.Length = kept;
                return clean.Append(CutMarker).ToString();
            }
        }

        return clean.ToString();
    }

    /// <summary>True when every character stands for itself: nothing that <see cref="Neutralise"/> would escape.</summary>
    public static bool IsClean(string text)
    {
        int plain = text.AsSpan().IndexOfAnyExcept(Plain);
        for (int i = plain < 0 ? text.Length : plain; i < text.Length; )
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune) || IsHarmful(rune))
            {
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        return true;
    }

    /// <returns>How many UTF-16 units were read.</returns>
    private static int AppendNext(StringBuilder clean, string text, int index)
    {
        if (!Rune.TryGetRuneAt(text, index, out Rune rune))
        {
            clean.Append("\\u{").Append(((int)text[index]).ToString("X4", CultureInfo.InvariantCulture)).Append('}');
            return 1;
        }

        if (IsHarmful(rune))
        {
            clean.Append("\\u{").Append(rune.Value.ToString("X4", CultureInfo.InvariantCulture)).Append('}');
        }
        else
        {
            clean.Append(text, index, rune.Utf16SequenceLength);
        }

        return rune.Utf16SequenceLength;
    }

    private static bool IsHarmful(Rune rune) =>
        !(rune.Value is >= 0x20 and < 0x7f)
        && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.OtherNotAssigned;
}
