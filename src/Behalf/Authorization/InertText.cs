using System.Globalization;
using System.Text;

namespace Behalf.Authorization;

/// <summary>A provider's words made harmless: bounded, without control, bidi, zero-width and tag characters. Still untrusted: encode where shown.</summary>
internal static class InertText
{
    private const int MaxDescription = 200;
    private const int MaxError = 64;

    public static string? Description(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var clean = new StringBuilder(MaxDescription);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (clean.Length >= MaxDescription)
            {
                clean.Append('…');
                break;
            }

            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control:
                case UnicodeCategory.LineSeparator:
                case UnicodeCategory.ParagraphSeparator:
                    clean.Append(' ');
                    break;
                case UnicodeCategory.Format:
                case UnicodeCategory.Surrogate:
                case UnicodeCategory.PrivateUse:
                case UnicodeCategory.OtherNotAssigned:
                    break;
                default:
                    clean.Append(rune.ToString());
                    break;
            }
        }

        return clean.ToString().Trim();
    }

    /// <summary>An error code keeps its spelling only if it looks like one (RFC 6749 §5.2 allows more than is ever used).</summary>
    public static string ErrorCode(string? error) =>
        error is { Length: > 0 and <= MaxError }
        && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? error
            : "unrecognized_error";
}
