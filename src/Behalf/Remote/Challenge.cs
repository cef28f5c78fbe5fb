using System.Text.RegularExpressions;

namespace Behalf.Remote;

/// <summary>What a 401's <c>WWW-Authenticate</c> says (RFC 9728 §5.1, RFC 6750 §3).</summary>
/// <param name="Metadata">Where the document about the resource is; null: not said.</param>
/// <param name="Scopes">That a token needs; empty: not said.</param>
internal sealed partial record Challenge(Uri? Metadata, IReadOnlyList<string> Scopes)
{
    private const int LongestScope = 100;

    /// <value>Such as <c>insufficient_scope</c>; null: not said.</value>
    public string? Error { get; private init; }

    public static Challenge Of(string? header)
    {
        string text = header is { Length: <= 4096 } given ? given : "";
        return new Challenge(
            Uri.TryCreate(Parameter(text, "resource_metadata"), UriKind.Absolute, out Uri? metadata) ? metadata : null,
            [
                .. (Parameter(text, "scope") ?? "")
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Where(scope => scope.Length <= LongestScope && scope.All(c => c is > ' ' and <= '~'))
                    .Take(20),
            ]
        )
        {
            Error = Parameter(text, "error"),
        };
    }

    private static string? Parameter(string header, string name) =>
        Parameters().Matches(header).FirstOrDefault(match => match.Groups["name"].Value == name)?.Groups["value"].Value;

    [GeneratedRegex(
        "(?<name>[a-z_]+)=\"(?<value>[^\"\\\\]*)\"",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Parameters();
}
