using Microsoft.AspNetCore.Http.Features;

namespace Behalf.Server.Api.Proxy;

/// <summary>
/// The request's target as it was sent. The framework decodes paths and removes dot segments before routing; what goes to
/// a provider must be exactly what was asked for, or nothing.
/// </summary>
internal static class RawTarget
{
    private const string Prefix = "/proxy";

    /// <returns>The path after <c>/proxy</c> and the query without its question mark; null when it is written in another way.</returns>
    public static (string Path, string Query)? Read(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.StartsWith("//", StringComparison.Ordinal))
        {
            target = target[1..]; // a base URL that ends in a slash
        }

        if (!target.StartsWith($"{Prefix}/", StringComparison.Ordinal))
        {
            return null;
        }

        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0
            ? (target[Prefix.Length..], "")
            : (target[Prefix.Length..question], target[(question + 1)..]);
    }
}
