using System.Security.Cryptography;
using System.Text;
using Behalf.Authorization;
using Behalf.Server.Hosting;

namespace Behalf.Server.Connect;

/// <summary>
/// Binds a started flow to the browser that started it. One cookie per flow, named after its <c>state</c>, so that
/// several flows in one browser do not disturb each other.
/// </summary>
internal static class BrowserCookie
{
    private const string Name = "behalf-connect-";

    public static void Set(HttpContext http, StartedFlow flow, string state)
    {
        using Secret token = flow.BrowserToken;
        http.Response.Cookies.Append(NameOf(http, state), token.RevealText(), Options(http, flow.ExpiresAt));
    }

    public static string? Read(HttpContext http, string? state) =>
        state is { Length: > 0 } ? http.Request.Cookies[NameOf(http, state)] : null;

    public static void Remove(HttpContext http, string? state)
    {
        if (state is { Length: > 0 })
        {
            http.Response.Cookies.Delete(NameOf(http, state), Options(http, null));
        }
    }

    private static string NameOf(HttpContext http, string state)
    {
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 8));
        return (ConnectionScheme.IsTlsOf(http) ? "__Host-" : string.Empty) + Name + id;
    }

    private static CookieOptions Options(HttpContext http, DateTimeOffset? expires) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            Path = "/",
            SameSite = SameSiteMode.Lax, // the provider's redirect is a top-level navigation from another site
            Secure = ConnectionScheme.IsTlsOf(http),
            Expires = expires,
        };
}
