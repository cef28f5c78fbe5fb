using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Options;

namespace Behalf.Egress;

/// <exception cref="InvalidOperationException">A setting is not an origin that may be listed; names it and the way to write it.</exception>
internal sealed class EgressOrigins(IOptions<BehalfOptions> options) : IEgressOrigins
{
    private readonly FrozenSet<string> _listed = options
        .Value.AllowedPrivateOrigins.Select(Parse)
        .ToFrozenSet(StringComparer.Ordinal);

    public string? ProblemWith(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
        {
            return "the address is not an absolute https URL";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "the address holds a user name or password";
        }

        if (IsListed(uri))
        {
            return null;
        }

        if (uri.Scheme != Uri.UriSchemeHttps)
        {
            return $"{uri.IdnHost} would be called over http; only https is allowed";
        }

        return IsLiteral(uri, out IPAddress? address) && !AddressPolicy.IsPublic(address)
            ? $"{uri.IdnHost} is not a public address"
            : null;
    }

    public bool IsListed(Uri uri) => _listed.Contains(OriginOf(uri));

    /// <returns>Scheme, host and port in one spelling; the port is always written.</returns>
    public static string OriginOf(Uri uri) => $"{uri.Scheme}://{uri.IdnHost}:{uri.Port}";

    private static bool IsLiteral(Uri uri, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
            && IPAddress.TryParse(uri.IdnHost, out address);
    }

    private static string Parse(string setting)
    {
        bool isOrigin =
            Uri.TryCreate(setting, UriKind.Absolute, out Uri? uri)
            && uri is { UserInfo: "", PathAndQuery: "/", Fragment: "" }
            && (
                uri.Scheme == Uri.UriSchemeHttps
                || (
                    uri.Scheme == Uri.UriSchemeHttp
                    && IsLiteral(uri, out IPAddress? address)
                    && IPAddress.IsLoopback(address)
                )
            );
        return isOrigin
            ? OriginOf(uri!)
            : throw new InvalidOperationException(
                $"AllowedPrivateOrigins holds \"{setting}\". Write exact origins: https://host[:port], or http://127.0.0.1:port for loopback addresses only."
            );
    }
}
