using System.Security.Cryptography;
using System.Text;

namespace Behalf.Sandbox.OAuth;

internal sealed record BrowserSession(string Id, string CsrfToken, User? User);

/// <summary>Who is signed in to the practice Asana in which browser. Runs under <c>ObjectStore.Gate</c>.</summary>
internal sealed class SignInSessions
{
    private const string Cookie = "practice_session";
    private readonly Dictionary<string, BrowserSession> _sessions = [];

    /// <summary>The browser's session; a new anonymous one when it has none.</summary>
    public BrowserSession Of(HttpContext http)
    {
        if (
            http.Request.Cookies[Cookie] is { } id
            && _sessions.TryGetValue(id, out var session)
            && session.User is null or { Active: true }
        )
        {
            return session;
        }
        return Start(http, null);
    }

    /// <summary>A new session with a new id, so that one planted before signing in is worth nothing.</summary>
    public BrowserSession Start(HttpContext http, User? user)
    {
        if (http.Request.Cookies[Cookie] is { } old)
        {
            _sessions.Remove(old);
        }
        var session = new BrowserSession(TokenStore.NewValue("session"), TokenStore.NewValue("csrf"), user);
        _sessions.Add(session.Id, session);
        var options = new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = "/-/",
        };
        http.Response.Cookies.Append(Cookie, session.Id, options);
        return session;
    }

    public static bool IsGenuine(BrowserSession session, string? csrfToken) =>
        csrfToken is not null
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(session.CsrfToken),
            Encoding.UTF8.GetBytes(csrfToken)
        );
}
