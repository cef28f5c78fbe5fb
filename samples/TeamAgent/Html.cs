using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;

namespace TeamAgent;

/// <summary>A few plain pages; every value is encoded.</summary>
internal static class Html
{
    private const string Style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1c1c28}
        form{margin:1rem 0}label{display:block;margin:.5rem 0}input,textarea{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}
        button{font:inherit;padding:.5rem 1rem;border:0;border-radius:.4rem;background:#3b3bb3;color:#fff;cursor:pointer}
        .note{background:#fff4d6;padding:.6rem .8rem;border-radius:.4rem}pre{white-space:pre-wrap;background:#f4f4f8;padding:.8rem;border-radius:.4rem}
        """;

    public static IResult Page(string title, string body, int status = StatusCodes.Status200OK) =>
        Results.Content(
            $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>{Encode(title)} · Team agent</title><style>{Style}</style></head><body><h1>{Encode(
                title
            )}</h1>{body}</body></html>
            """,
            "text/html; charset=utf-8",
            Encoding.UTF8,
            status
        );

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    public static string Message(string text) => $"<p class=\"note\">{Encode(text)}</p>";

    public static string Hidden(AntiforgeryTokenSet tokens) =>
        $"<input type=\"hidden\" name=\"{Encode(tokens.FormFieldName)}\" value=\"{Encode(tokens.RequestToken!)}\">";

    public static string LoginForm(AntiforgeryTokenSet tokens, string returnUrl) =>
        $"""
            <form id="login" method="post" action="/login">{Hidden(tokens)}
            <input type="hidden" name="returnUrl" value="{Encode(returnUrl)}">
            <label>Name <input name="username" autocomplete="username" required></label>
            <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
            <button>Sign in</button></form>
            """;
}
