using System.Diagnostics.CodeAnalysis;

namespace Behalf.Registration;

/// <summary>
/// A <c>client_id</c> that is the URL of the client's metadata document
/// (draft-ietf-oauth-client-id-metadata-document §3). Judged as it was written; nothing is normalised.
/// </summary>
internal static class ClientIdUrl
{
    public const string Scheme = "https://";

    private const int MaxLength = 2_048;

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? uri)
    {
        uri = null;
        return text.Length <= MaxLength
            && text.StartsWith(Scheme, StringComparison.Ordinal)
            && text.All(c => c is > ' ' and < '\x7f' and not '\\' and not '#' and not '?' and not '@')
            && HasPath(text)
            && !HasDotSegment(text)
            && Uri.TryCreate(text, UriKind.Absolute, out uri)
            && uri.Scheme == Uri.UriSchemeHttps
            && uri.UserInfo.Length == 0
            && string.Equals(uri.AbsoluteUri, text, StringComparison.Ordinal);
    }

    private static bool HasPath(string text) => text.IndexOf('/', Scheme.Length) > Scheme.Length;

    private static bool HasDotSegment(string text) =>
        text[Scheme.Length..]
            .Split('/')
            .Select(part => part.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase))
            .Any(part => part is "." or "..");
}
