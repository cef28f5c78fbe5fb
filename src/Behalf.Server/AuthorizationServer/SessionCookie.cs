using Behalf.People;
using Behalf.Server.Hosting;

namespace Behalf.Server.AuthorizationServer;

/// <summary>Who is signed in in a browser: a random token that only the server can look up.</summary>
internal static class SessionCookie
{
    private const string Name = "behalf-session";

    public static void Set(HttpContext http, SignedIn signedIn)
    {
        using Secret token = signedIn.Token;
        http.Response.Cookies.Append(NameOf(http), token.RevealText(), Options(http, signedIn.ExpiresAt));
    }

    public static string? Read(HttpContext http) => http.Request.Cookies[NameOf(http)];

    public static void Remove(HttpContext http) => http.Response.Cookies.Delete(NameOf(http), Options(http, null));

    private static string NameOf(HttpContext http) =>
        (ConnectionScheme.IsTlsOf(http) ? "__Host-" : string.Empty) + Name;

    private static CookieOptions Options(HttpContext http, DateTimeOffset? expires) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            Path = "/",
            SameSite = SameSiteMode.Lax, // clients and providers lead the browser here from other sites
            Secure = ConnectionScheme.IsTlsOf(http),
            Expires = expires,
        };
}
