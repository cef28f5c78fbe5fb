using System.Diagnostics.CodeAnalysis;

namespace Behalf.Connections;

/// <summary>Appends a request's path and query to a connection's base URL; whatever would leave the base is refused.</summary>
internal static class UpstreamPath
{
    private const int MaxLength = 8 * 1024;

    public static bool TryJoin(
        Uri baseUrl,
        string path,
        IReadOnlyList<KeyValuePair<string, string>> query,
        [NotNullWhen(true)] out Uri? uri
    ) =>
        TryJoin(
            baseUrl,
            path,
            string.Join('&', query.Select(pair => $"{Escape(pair.Key)}={Escape(pair.Value)}")),
            out uri
        );

    /// <param name="query">Encoded already, without the question mark.</param>
    public static bool TryJoin(Uri baseUrl, string path, string query, [NotNullWhen(true)] out Uri? uri)
    {
        uri = null;
        if (!IsSafe(path) || !IsPlain(query, '\\', '#', '#'))
        {
            return false;
        }

        string basePath = baseUrl.AbsolutePath.TrimEnd('/');
        string origin = baseUrl.GetLeftPart(UriPartial.Authority);
        string text = $"{origin}{basePath}{path}";
        if (query.Length > 0)
        {
            text += $"?{query}";
        }

        // Whatever the parser made of it must still be the base, then exactly the path that was asked for.
        return text.Length <= MaxLength
            && Uri.TryCreate(text, UriKind.Absolute, out uri)
            && uri.GetLeftPart(UriPartial.Authority) == origin
            && uri.AbsolutePath.StartsWith($"{basePath}/", StringComparison.Ordinal)
            && uri.AbsolutePath.AsSpan().Count('/') == basePath.AsSpan().Count('/') + path.AsSpan().Count('/');
    }

    private static bool IsSafe(string path)
    {
        if (!path.StartsWith('/') || path.Contains("//", StringComparison.Ordinal) || !IsPlain(path, '\\', '?', '#'))
        {
            return false;
        }

        // A server may decode before it splits: neither spelling of a segment may be a dot segment or hold a control.
        string decoded = Uri.UnescapeDataString(path);
        return !HasControl(decoded)
            && !decoded.StartsWith("//", StringComparison.Ordinal)
            && !decoded.StartsWith("/\\", StringComparison.Ordinal)
            && !(decoded.Contains('.', StringComparison.Ordinal) && HasDotSegment(decoded));
    }

    private static bool HasDotSegment(string decoded) =>
        Array.Exists(decoded.Split('/', '\\'), segment => segment.Split(';')[0] is "." or "..");

    private static bool HasControl(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Of visible ASCII, without three of it.</summary>
    private static bool IsPlain(ReadOnlySpan<char> text, char first, char second, char third) =>
        !text.ContainsAnyExceptInRange('!', '~') && !text.ContainsAny(first, second, third);

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
