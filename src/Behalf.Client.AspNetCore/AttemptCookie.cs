using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Behalf.Client.AspNetCore;

/// <summary>
/// Binds an attempt to the browser that began it: a sealed cookie of its own, named after the state, so that several
/// attempts in one browser do not disturb each other.
/// </summary>
internal sealed class AttemptCookie(IDataProtectionProvider protection, TimeProvider clock)
{
    private const string Name = "behalf-connect-";

    private readonly IDataProtector _seal = protection.CreateProtector("Behalf.Client.AspNetCore.Attempt.v1");

    public void Set(HttpContext http, Attempt attempt) =>
        http.Response.Cookies.Append(
            NameOf(http, attempt.State),
            _seal.Protect(JsonSerializer.Serialize(attempt)),
            OptionsFor(http, attempt.EndsAt)
        );

    /// <returns>Null when this browser did not begin it, or it ended.</returns>
    public Attempt? Find(HttpContext http, string state)
    {
        if (http.Request.Cookies[NameOf(http, state)] is not { Length: > 0 } value)
        {
            return null;
        }
        Attempt? attempt;
        try
        {
            attempt = JsonSerializer.Deserialize<Attempt>(_seal.Unprotect(value));
        }
        catch (CryptographicException)
        {
            return null; // not of our making, or of keys that are gone
        }
        return attempt is not null && IsSame(attempt.State, state) && clock.GetUtcNow() < attempt.EndsAt
            ? attempt
            : null;
    }

    public static void Remove(HttpContext http, string state) =>
        http.Response.Cookies.Delete(NameOf(http, state), OptionsFor(http, null));

    /// <summary>Plain http on a loopback name: the one place where cookies go without Secure.</summary>
    public static bool IsPlainLoopback(HttpRequest request) =>
        !request.IsHttps
        && (
            string.Equals(request.Host.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(request.Host.Host, out var address) && IPAddress.IsLoopback(address))
        );

    private static string NameOf(HttpContext http, string state)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 8));
        return (IsPlainLoopback(http.Request) ? "" : "__Host-") + Name + id;
    }

    private static bool IsSame(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    private static CookieOptions OptionsFor(HttpContext http, DateTimeOffset? endsAt) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            Path = "/",
            SameSite = SameSiteMode.Lax, // the person comes back by a top-level navigation from another site
            Secure = !IsPlainLoopback(http.Request),
            Expires = endsAt,
        };
}
