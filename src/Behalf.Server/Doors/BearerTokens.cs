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
    public static IReadOnlyList<string>? Read(StringValues header, bool several) =>
        ReadInPlace(header, several)?.ConvertAll(token => token.ToString());

    /// <summary>As above, each where it stands in the header: for who only looks at it.</summary>
    public static List<ReadOnlyMemory<char>>? ReadInPlace(StringValues header, bool several)
    {
        List<ReadOnlyMemory<char>> tokens = new(1);
        foreach (string? value in header)
        {
            ReadOnlyMemory<char> credentials = value.AsMemory();
            foreach (Range range in credentials.Span.Split(','))
            {
                ReadOnlyMemory<char> credential = credentials[range].Trim(" \t");
                if (
                    tokens.Count == (several ? MaxValues : 1)
                    || !credential.Span.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                )
                {
                    return null;
                }

                ReadOnlyMemory<char> token = credential[Scheme.Length..].Trim(' ');
                if (token.IsEmpty || token.Span.Contains(' '))
                {
                    return null;
                }

                tokens.Add(token);
            }
        }

        return tokens;
    }
}
