using System.Net;

namespace Behalf.Sandbox.OAuth;

/// <summary>The developer console. Runs under <c>ObjectStore.Gate</c>.</summary>
internal sealed class AppRegistry
{
    private readonly Dictionary<string, App> _apps = [];

    public App? Find(string? clientId) => clientId is null ? null : _apps.GetValueOrDefault(clientId);

    /// <returns>False when the client id is taken.</returns>
    public bool Add(App app) => _apps.TryAdd(app.ClientId, app);

    /// <returns>What is wrong with a redirect URI, or null.</returns>
    public static string? Objection(string redirectUri)
    {
        if (redirectUri == App.OutOfBand)
        {
            return null;
        }
        if (
            !Uri.TryCreate(redirectUri, UriKind.Absolute, out var uri)
            || redirectUri.Contains('#', StringComparison.Ordinal)
        )
        {
            return $"redirect_uris: not an absolute URI without a fragment: {redirectUri}";
        }
        var isLoopback =
            uri.Host == "localhost"
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
        return uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && isLoopback)
            ? null
            : $"redirect_uris: must be https, or http on loopback: {redirectUri}";
    }
}
