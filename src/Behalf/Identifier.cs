using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Behalf.Unicode;

namespace Behalf;

/// <summary>
/// The application's opaque name for its user: 1–256 code points, NFC, compared ordinally, never repaired.
/// Control, format (zero-width, bidi), lone surrogate and unassigned code points and edge white space are refused.
/// </summary>
public readonly record struct Identifier
{
    /// <value>In Unicode code points.</value>
    public const int MaxLength = 256;

    private readonly string? _value;

    private Identifier(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("An identifier is made by Parse or TryParse.");

    public static Identifier Parse(string text) =>
        TryParse(text, out Identifier identifier, out string? problem)
            ? identifier
            : throw new FormatException(problem);

    /// <param name="text">The identifier as the caller sent it.</param>
    /// <param name="identifier">The identifier, when the answer is true.</param>
    /// <param name="problem">A sentence for the caller that holds nothing of the value, when the answer is false.</param>
    public static bool TryParse(string? text, out Identifier identifier, [NotNullWhen(false)] out string? problem)
    {
        identifier = default;
        if (string.IsNullOrEmpty(text))
        {
            problem = "identifier is required";
            return false;
        }

        // Two UTF-16 units at most make a code point: this bounds the work below.
        if (text.Length > MaxLength * 2)
        {
            problem = $"identifier is longer than {MaxLength} code points";
            return false;
        }

        int length = 0;
        for (int i = 0; i < text.Length; length++)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                problem = "identifier is not valid Unicode (lone surrogate)";
                return false;
            }

            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (
                category
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.OtherNotAssigned
            )
            {
                problem = $"identifier contains a character that is not allowed (U+{rune.Value:X4})";
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        if (length > MaxLength)
        {
            problem = $"identifier is longer than {MaxLength} code points";
            return false;
        }

        if (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        {
            problem = "identifier begins or ends with white space";
            return false;
        }

        if (!CanonicalComposition.IsComposed(text))
        {
            problem = "identifier is not in Unicode normalization form C";
            return false;
        }

        identifier = new Identifier(text);
        problem = null;
        return true;
    }

    public override string ToString() => _value ?? string.Empty;
}
