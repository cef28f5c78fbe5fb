using Behalf.Identity;
using Behalf.Server.AuthorizationServer;
using Behalf.Server.Hosting;

namespace Behalf.Server.Mcp;

/// <summary>
/// Which Host and Origin a request to an MCP endpoint may carry: our public URLs and the addresses we listen on. A page
/// of another site that a name was rebound for has neither.
/// </summary>
internal sealed class McpOrigins(AskedEnvironments environments, PublicUrls urls, Listener listener)
{
    public async Task<bool> AllowsAsync(HttpContext http)
    {
        HashSet<string> own = new(listener.Urls.Select(url => OriginOf(url.Url)), StringComparer.OrdinalIgnoreCase);
        foreach (DeploymentEnvironment environment in await environments.AllAsync(http))
        {
            own.Add(OriginOf(urls.Origin(environment)));
        }

        string host = http.Request.Host.Value ?? string.Empty;
        bool knowsHost = own.Any(origin => HostOf(origin).Equals(host, StringComparison.OrdinalIgnoreCase));
        return knowsHost
            && (http.Request.Headers.Origin.Count == 0 || own.Contains(http.Request.Headers.Origin.ToString()));
    }

    private static string OriginOf(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);

    private static string HostOf(string origin) => origin[(origin.IndexOf("://", StringComparison.Ordinal) + 3)..];
}
