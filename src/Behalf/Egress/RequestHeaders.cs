using System.Buffers;
using System.Collections.Frozen;

namespace Behalf.Egress;

/// <summary>
/// Which headers a request may carry. The .NET header collections let CR and LF through when told not to validate, so
/// names and values are checked here. Pure.
/// </summary>
internal static class RequestHeaders
{
    /// <value>In characters, all names and values together.</value>
    public const int MaxLength = 64 * 1024;

    // Routing, framing, connection and identity are the door's business (RFC 9110 §7.6.1).
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    private static readonly SearchValues<char> ValueCharacters = SearchValues.Create([
        '\t',
        .. Enumerable.Range(' ', 0x7f - ' ').Select(c => (char)c),
    ]);

    /// <summary>For headers that a caller chose: how they are written, not what they say.</summary>
    /// <returns>Null, or what is wrong; never a value.</returns>
    public static string? ProblemWith(IReadOnlyCollection<KeyValuePair<string, string>> headers)
    {
        int length = 0;
        foreach ((string name, string value) in headers)
        {
            if (Spelling(name, value) is { } misspelt)
            {
                return misspelt;
            }

            length += name.Length + value.Length;
        }

        return length > MaxLength / 2 ? TooLong(MaxLength / 2) : null;
    }

    /// <returns>Null, or what is wrong; never a value.</returns>
    public static string? ProblemWith(EgressRequest request)
    {
        int length = 0;
        foreach ((string name, string value) in request.Headers)
        {
            if (Spelling(name, value) is { } misspelt)
            {
                return misspelt;
            }

            if (IsReserved(name) || name.Equals(request.Credential?.Header, StringComparison.OrdinalIgnoreCase))
            {
                return $"header {name} cannot be set by a request";
            }

            length += name.Length + value.Length;
        }

        foreach ((string name, IEnumerable<string> values) in request.Content?.Headers.NonValidated.Select(Pair) ?? [])
        {
            foreach (string value in values)
            {
                if (Spelling(name, value) is { } misspelt)
                {
                    return misspelt;
                }

                length += name.Length + value.Length;
            }
        }

        if (request.Credential is { QueryParameter: null } credential)
        {
            bool own = credential.Header.Equals("Authorization", StringComparison.OrdinalIgnoreCase);
            string text = credential.Prefix + credential.Value.RevealText();
            if (Spelling(credential.Header, text) is { } misspelt)
            {
                return misspelt;
            }

            if (IsReserved(credential.Header) && !own)
            {
                return $"header {credential.Header} cannot carry a credential";
            }

            length += text.Length;
        }

        return length > MaxLength ? TooLong(MaxLength) : null;
    }

    private static string TooLong(int most) => $"the headers are longer than {most} characters";

    private static (string Name, IEnumerable<string> Values) Pair(
        KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header
    ) => (header.Key, header.Value);

    private static bool IsReserved(string name) =>
        Reserved.Contains(name) || name.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase);

    /// <summary>RFC 9110 §5.6.2; separators are none of these.</summary>
    public static bool IsToken(string name) =>
        name is { Length: >= 1 and <= 128 } && !name.AsSpan().ContainsAnyExcept(TokenCharacters);

    private static string? Spelling(string name, string value)
    {
        if (!IsToken(name))
        {
            return "a header's name is not a token";
        }

        return value.AsSpan().ContainsAnyExcept(ValueCharacters)
            ? $"the value of header {name} holds a character that is not printable ASCII"
            : null;
    }
}
