using System.Globalization;
using System.Net;

namespace Behalf.Registration;

/// <summary>
/// Redirect URIs: https, loopback http, or a program's own scheme; compared as exact strings, but for the port of loopback
/// ones (RFC 8252 §7.3), which native programs choose anew each time.
/// </summary>
public static class RedirectUri
{
    public const int MaxLength = 2_048;

    /// <param name="text">As the client wrote it.</param>
    /// <param name="schemes">Schemes that are allowed although they are no reverse domain.</param>
    public static bool IsAcceptable(string text, IEnumerable<string> schemes) =>
        text.Length is > 0 and <= MaxLength
        && text.All(c => c is > ' ' and < '\x7f' and not '\\' and not '"' and not '<' and not '>')
        && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.UserInfo.Length == 0
        && !text.Contains('#', StringComparison.Ordinal)
        && (
            uri.Scheme == Uri.UriSchemeHttps
            || (IsLoopback(uri) && WithoutPort(text, uri) is not null)
            || IsOwnScheme(uri.Scheme, schemes)
        );

    /// <summary>True: it leads to a program on the person's own machine.</summary>
    public static bool IsLocal(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme != Uri.UriSchemeHttps;

    public static bool IsRegistered(IEnumerable<string> registered, string wanted) =>
        registered.Any(own => string.Equals(own, wanted, StringComparison.Ordinal) || IsSameButPort(own, wanted));

    /// <summary>How a person reads where the answer goes: a host, or a program's scheme.</summary>
    public static string HostOf(string text)
    {
        Uri uri = new(text);
        return uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp
            ? uri.IdnHost
            : $"{uri.Scheme}:// (a program on this computer)";
    }

    private static bool IsSameButPort(string own, string wanted) =>
        Uri.TryCreate(own, UriKind.Absolute, out Uri? left)
        && Uri.TryCreate(wanted, UriKind.Absolute, out Uri? right)
        && IsLoopback(left)
        && IsLoopback(right)
        && WithoutPort(own, left) is { } registered
        && string.Equals(registered, WithoutPort(wanted, right), StringComparison.Ordinal);

    /// <summary>The text itself, so that no spelling is repaired.</summary>
    /// <returns>Null: scheme, host or port are not spelled as they are usually written.</returns>
    private static string? WithoutPort(string text, Uri uri)
    {
        string start = $"{uri.Scheme}://{uri.Host}";
        if (!text.StartsWith(start, StringComparison.Ordinal))
        {
            return null;
        }

        string rest = text[start.Length..];
        if (rest.StartsWith(':'))
        {
            string port = $":{uri.Port.ToString(CultureInfo.InvariantCulture)}";
            rest = rest.StartsWith(port, StringComparison.Ordinal) ? rest[port.Length..] : rest;
        }

        return rest.Length == 0 || rest[0] is '/' or '?' ? start + rest : null;
    }

    private static bool IsLoopback(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttp
        && (
            uri.Host is "localhost"
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address))
        );

    private static bool IsOwnScheme(string scheme, IEnumerable<string> schemes) =>
        scheme.Contains('.', StringComparison.Ordinal) || schemes.Contains(scheme, StringComparer.Ordinal);
}
