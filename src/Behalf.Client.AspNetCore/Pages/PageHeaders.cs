using Microsoft.AspNetCore.Http;

namespace Behalf.Client.AspNetCore.Pages;

/// <summary>Nothing runs, nothing frames it, nothing keeps it, and where the browser goes next does not learn from where.</summary>
internal static class PageHeaders
{
    /// <summary>Browsers check the redirect that answers a form too, so the form may lead to wherever links live: any https.</summary>
    private const string Policy =
        "default-src 'none'; form-action 'self' https:{0}; frame-ancestors 'none'; base-uri 'none'";

    private const string Loopback = " http://localhost:* http://127.0.0.1:*";

    public static void Set(HttpContext http)
    {
        var headers = http.Response.Headers;
        var loopback = AttemptCookie.IsPlainLoopback(http.Request) ? Loopback : "";
        headers.ContentSecurityPolicy = string.Format(provider: null, Policy, loopback);
        headers.CacheControl = "no-store";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
