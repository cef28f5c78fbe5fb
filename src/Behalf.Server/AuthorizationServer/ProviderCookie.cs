using System.Security.Cryptography;
using System.Text.Json;
using Behalf.People;
using Behalf.Server.Hosting;
using Microsoft.AspNetCore.DataProtection;

namespace Behalf.Server.AuthorizationServer;

/// <summary>What a browser keeps while it is at the identity provider: encrypted, for ten minutes, used once.</summary>
internal sealed class ProviderCookie(IDataProtectionProvider protection)
{
    private const string Name = "behalf-sign-in";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly ITimeLimitedDataProtector _protector = protection
        .CreateProtector("identity-provider-sign-in")
        .ToTimeLimitedDataProtector();

    public void Set(HttpContext http, ProviderSignIn begun, string returnPath)
    {
        string text = JsonSerializer.Serialize(new Kept(begun, begun.Environment.Value, returnPath));
        http.Response.Cookies.Append(NameOf(http), _protector.Protect(text, Lifetime), Options(http, Lifetime));
    }

    /// <returns>Null: there is none, it is too old, or it is not ours. It is gone afterwards.</returns>
    public (ProviderSignIn Begun, string ReturnPath)? Take(HttpContext http)
    {
        string? text = http.Request.Cookies[NameOf(http)];
        http.Response.Cookies.Delete(NameOf(http), Options(http, null));
        if (text is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Kept>(_protector.Unprotect(text)) is { } kept
                ? (kept.Begun with { Environment = new EnvironmentId(kept.Environment) }, kept.ReturnPath)
                : null;
        }
        catch (Exception exception) when (exception is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private static string NameOf(HttpContext http) =>
        (ConnectionScheme.IsTlsOf(http) ? "__Host-" : string.Empty) + Name;

    private static CookieOptions Options(HttpContext http, TimeSpan? age) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            Path = "/",
            SameSite = SameSiteMode.Lax, // the provider's answer is a top-level navigation from another site
            Secure = ConnectionScheme.IsTlsOf(http),
            MaxAge = age,
        };

    private sealed record Kept(ProviderSignIn Begun, Guid Environment, string ReturnPath);
}
