using System.Diagnostics.CodeAnalysis;
using Behalf.Egress;

namespace Behalf.Connections;

/// <summary>
/// Which URLs of a provider may be saved: what egress would call, without user information, query or fragment. Egress
/// checks the address again whenever it dials.
/// </summary>
internal sealed class ProviderUrls(IEgressOrigins origins)
{
    public bool TryAccept(Uri url, [NotNullWhen(false)] out string? problem)
    {
        problem = Check(url);
        return problem is null;
    }

    /// <summary>Whether the operator listed the origin by itself.</summary>
    public bool IsListed(Uri url) => origins.IsListed(url);

    private string? Check(Uri url)
    {
        if (!url.IsAbsoluteUri || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            return "must be an absolute URL without user information, query or fragment";
        }

        return origins.ProblemWith(url);
    }
}
