using System.Net;

namespace Behalf.Sandbox.OAuth;

/// <summary>Sign-in and consent: plain forms, no script.</summary>
internal static class Pages
{
    public static Task SignInAsync(
        HttpContext http,
        BrowserSession session,
        string appName,
        string query,
        string? error
    ) =>
        WriteAsync(
            http,
            error is null ? 200 : 401,
            "Sign in",
            $"""
            <h1>Sign in</h1>
            <p>Sign in to continue to <strong>{E(appName)}</strong>.</p>
            {(error is null ? "" : $"""<p role="alert" id="error">{E(error)}</p>""")}
            <form id="sign-in" method="post" action="/-/sign_in">
            <input type="hidden" name="csrf" value="{E(session.CsrfToken)}">
            <input type="hidden" name="continue" value="{E(query)}">
            <p><label for="username">Email</label><br>
            <input id="username" name="username" autocomplete="username" required autofocus></p>
            <p><label for="password">Password</label><br>
            <input id="password" name="password" type="password" autocomplete="current-password" required></p>
            <p><button id="submit" type="submit">Sign in</button></p>
            </form>
            """
        );

    public static Task ConsentAsync(
        HttpContext http,
        BrowserSession session,
        AuthorizationRequest request,
        string query
    ) =>
        WriteAsync(
            http,
            200,
            $"Allow {request.App.Name}?",
            $"""
            <h1>Allow {E(request.App.Name)} to use your account?</h1>
            <p>You are signed in as <strong id="user">{E(session.User!.Name)}</strong> ({E(session.User.Email)}).</p>
            <p>{E(request.App.Name)} will be able to:</p>
            <ul id="scopes">
            {string.Join('\n', request.Scopes.Names.Select(s => $"<li><code>{E(s)}</code> {E(Meaning(s))}</li>"))}
            </ul>
            <form id="consent" method="post" action="/-/oauth_authorize">
            <input type="hidden" name="csrf" value="{E(session.CsrfToken)}">
            <input type="hidden" name="request" value="{E(query)}">
            <p><button id="allow" type="submit" name="decision" value="allow">Allow</button>
            <button id="deny" type="submit" name="decision" value="deny">Deny</button></p>
            </form>
            <form id="sign-out" method="post" action="/-/sign_out">
            <input type="hidden" name="csrf" value="{E(session.CsrfToken)}">
            <input type="hidden" name="continue" value="{E(query)}">
            <p><button type="submit">Not you? Sign in as somebody else</button></p>
            </form>
            """
        );

    public static Task CodeAsync(HttpContext http, string code) =>
        WriteAsync(
            http,
            200,
            "Your code",
            $"""<h1>Your code</h1><p>Type this into the application:</p><p><code id="code">{E(code)}</code></p>"""
        );

    public static Task ErrorAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text, http.RequestAborted);
    }

    private static Task WriteAsync(HttpContext http, int status, string title, string main)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>{E(title)} · practice Asana</title>
            <style>body{"{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}"}</style>
            </head><body><main>
            {main}
            </main></body></html>
            """,
            http.RequestAborted
        );
    }

    private static string Meaning(string scope) =>
        scope.Split(':') switch
        {
            [ScopeSet.Default] => "do everything you can do",
            ["openid"] or ["profile"] => "see who you are",
            ["email"] => "see your email address",
            [var what, "read"] => $"see {Words(what)}",
            [var what, "write"] => $"create and change {Words(what)}",
            [var what, "delete"] => $"delete {Words(what)}",
            _ => "",
        };

    private static string Words(string resource) => resource.Replace('_', ' ').Replace('.', ' ');

    private static string E(string text) => WebUtility.HtmlEncode(text);
}
