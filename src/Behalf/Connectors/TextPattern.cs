using System.Text.RegularExpressions;

namespace Behalf.Connectors;

/// <summary>
/// A pattern that a definition brings. It runs without backtracking, so no text makes it slow. Built ready to match it takes
/// a hundred kilobytes, and most are never asked: until then it is kept as text. Immutable; safe to call concurrently.
/// </summary>
internal sealed class TextPattern
{
    private readonly string _text;
    private readonly bool _ignoreCase;
    private Regex? _ready;

    private TextPattern(string text, bool ignoreCase) => (_text, _ignoreCase) = (text, ignoreCase);

    /// <returns>Null: it cannot run without backtracking, or is none.</returns>
    public static TextPattern? Read(string text, bool ignoreCase = false)
    {
        TextPattern pattern = new(text, ignoreCase);
        try
        {
            pattern.Build();
            return pattern;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    public bool IsMatch(string text) => (_ready ??= Build()).IsMatch(text);

    public override string ToString() => _text;

    private Regex Build() =>
        _ignoreCase
            ? new Regex(_text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)
            : new Regex(_text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
