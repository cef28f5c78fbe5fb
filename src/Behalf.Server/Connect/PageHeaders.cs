namespace Behalf.Server.Connect;

/// <summary>Headers of every page: nothing runs, nothing frames it, nothing keeps it, nothing leaks where it came from.</summary>
internal static class PageHeaders
{
    /// <param name="formTargets">
    /// Where the page's form may lead besides ourselves: browsers check the redirect to the provider, and the one back to
    /// the application, against it.
    /// </param>
    public static void Set(HttpResponse response, params IEnumerable<string> formTargets)
    {
        string form = string.Join(' ', formTargets.Prepend("'self'"));
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'self'; img-src 'self'; form-action {form}; frame-ancestors 'none'; base-uri 'none'";
        response.Headers.CacheControl = "no-store";
        response.Headers.XFrameOptions = "DENY";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Permissions-Policy"] = "interest-cohort=()";
        response.Headers["X-Robots-Tag"] = "noindex";
    }

    /// <summary>For the one page with a script, which is a file of ours.</summary>
    public static void SetWithScript(HttpResponse response)
    {
        Set(response);
        response.Headers.ContentSecurityPolicy = $"{response.Headers.ContentSecurityPolicy}; script-src 'self'";
    }

    /// <summary>Where an answer to a client goes: its origin, or its own scheme.</summary>
    public static string TargetOf(string redirectUri)
    {
        Uri uri = new(redirectUri);
        return uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp
            ? uri.GetLeftPart(UriPartial.Authority)
            : $"{uri.Scheme}:";
    }

    /// <summary>A host of ours or of a definition as a source of the policy; null when it is not plainly a host name.</summary>
    public static string? SourceOf(string? host)
    {
        if (string.IsNullOrEmpty(host) || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            return null;
        }

        bool isLoopback = host is "localhost" or "127.0.0.1" or "[::1]" or "::1";
        return isLoopback ? $"http://{host}:* https://{host}:*" : $"https://{host}:*";
    }
}
