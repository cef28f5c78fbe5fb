using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Options;

namespace Behalf.Connections;

/// <summary>
/// Which URLs of a provider may be saved: https to a public name, or an origin the operator listed exactly (plain http on
/// loopback only). Egress checks the address again whenever it dials.
/// </summary>
internal sealed class ProviderUrls(IOptions<BehalfOptions> options)
{
    public bool TryAccept(Uri url, [NotNullWhen(false)] out string? problem)
    {
        problem = Check(url);
        return problem is null;
    }

    private string? Check(Uri url)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("https" or "http"))
        {
            return "must be an absolute https URL";
        }

        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            return "must not hold user information, a query or a fragment";
        }

        string origin = url.GetLeftPart(UriPartial.Authority);
        bool isListed = options.Value.AllowedPrivateOrigins.Any(allowed =>
            string.Equals(allowed.TrimEnd('/'), origin, StringComparison.OrdinalIgnoreCase)
        );
        if (isListed)
        {
            return url.Scheme == Uri.UriSchemeHttps || IPAddress.TryParse(Bare(url), out _) && url.IsLoopback
                ? null
                : "plain http is for loopback addresses only";
        }

        if (url.Scheme != Uri.UriSchemeHttps)
        {
            return "must be https (the operator may list an exact loopback origin in AllowedPrivateOrigins)";
        }

        return IsPublicName(url)
            ? null
            : "must be a public host name (the operator may list an exact origin in AllowedPrivateOrigins)";
    }

    private static bool IsPublicName(Uri url)
    {
        string host = url.IdnHost.TrimEnd('.');
        return url.HostNameType == UriHostNameType.Dns
            && host.Contains('.', StringComparison.Ordinal)
            && !host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            && !host.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            && !host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase);
    }

    private static string Bare(Uri url) => url.Host.Trim('[', ']');
}
