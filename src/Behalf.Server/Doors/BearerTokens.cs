using Microsoft.Extensions.Primitives;

namespace Behalf.Server.Doors;

/// <summary>Reads the <c>Authorization</c> header (RFC 6750 §2.1). Tokens in the query or body are never looked at.</summary>
internal static class BearerTokens
{
    private const string Scheme = "Bearer ";

    /// <value>More values than any client sends.</value>
    private const int MaxValues = 4;

    /// <summary>All tokens of the header; null when it is malformed, of another scheme, or there are too many.</summary>
    /// <param name="several">gRPC only: some clients send the token of their channel and a newer one of the call.</param>
    public static IReadOnlyList<string>? Read(StringValues header, bool several)
    {
        string[] values = several
            ? [.. header.SelectMany(value => (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))]
            : [.. header.Select(value => value ?? string.Empty)];
        if (values.Length > (several ? MaxValues : 1))
        {
            return null;
        }

        List<string> tokens = [];
        foreach (string value in values)
        {
            if (!value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            string token = value[Scheme.Length..].Trim(' ');
            if (
                token.Length == 0
                || token.Contains(' ', StringComparison.Ordinal)
                || token.Contains(',', StringComparison.Ordinal)
            )
            {
                return null;
            }

            tokens.Add(token);
        }

        return tokens;
    }
}
