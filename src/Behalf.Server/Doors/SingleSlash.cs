namespace Behalf.Server.Doors;

/// <summary>
/// A client whose base URL ends in a slash asks for <c>//oauth/token</c> and <c>//proxy/…</c>: the official SDKs expect
/// that to work. Nothing else is repaired.
/// </summary>
internal static class SingleSlash
{
    private const string TokenPath = "/oauth/token";
    private const string ProxyPath = "/proxy/";

    public static void UseSingleSlash(this IApplicationBuilder app) =>
        app.Use(
            (http, next) =>
            {
                if (string.Equals(http.Request.Path.Value, "/" + TokenPath, StringComparison.Ordinal))
                {
                    http.Request.Path = TokenPath;
                }
                else if (http.Request.Path.Value?.StartsWith("/" + ProxyPath, StringComparison.Ordinal) == true)
                {
                    http.Request.Path = http.Request.Path.Value[1..];
                }

                return next(http);
            }
        );
}
