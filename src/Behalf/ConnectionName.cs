using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Behalf;

/// <summary>
/// The name of a connection inside its environment, such as <c>tracker</c> or <c>tracker marketing</c>:
/// 1–400 of <c>[a-zA-Z0-9_: -]</c>, compared ordinally.
/// </summary>
public readonly partial record struct ConnectionName
{
    /// <value>In characters.</value>
    public const int MaxLength = 400;

    private readonly string? _value;

    private ConnectionName(string value) => _value = value;

    public string Value =>
        _value ?? throw new InvalidOperationException("A connection name is made by Parse or TryParse.");

    public static ConnectionName Parse(string text) =>
        TryParse(text, out ConnectionName name, out string? problem) ? name : throw new FormatException(problem);

    public static bool TryParse(string? text, out ConnectionName name, [NotNullWhen(false)] out string? problem)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || !Allowed().IsMatch(text))
        {
            problem = $"a connection name has 1 to {MaxLength} letters, digits, spaces, _ : or -";
            return false;
        }

        name = new ConnectionName(text);
        problem = null;
        return true;
    }

    public override string ToString() => _value ?? string.Empty;

    [GeneratedRegex("^[a-zA-Z0-9_: -]+\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Allowed();
}
