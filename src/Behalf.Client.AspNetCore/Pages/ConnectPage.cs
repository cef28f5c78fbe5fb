using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace Behalf.Client.AspNetCore.Pages;

/// <summary>Two plain pages without script or style; every value is encoded.</summary>
internal static class ConnectPage
{
    /// <summary>Says who connects what, and asks for a press of the button: opening a link changes nothing.</summary>
    public static IResult Ask(
        string connection,
        string identifier,
        string action,
        string? returnUrl,
        AntiforgeryTokenSet tokens
    ) =>
        Page(
            StatusCodes.Status200OK,
            $"Connect {connection}",
            $"""
            <p>You are signed in as <b id="identifier">{Encode(identifier)}</b>.</p>
            <form id="behalf-connect" method="post" action="{Encode(action)}">
            <input type="hidden" name="{Encode(tokens.FormFieldName)}" value="{Encode(tokens.RequestToken!)}">
            <input type="hidden" name="returnUrl" value="{Encode(returnUrl ?? "")}">
            <button type="submit">Connect {Encode(connection)}</button>
            </form>
            """
        );

    public static IResult Stopped(ConnectOutcome.Stopped outcome, string home) =>
        Page(
            outcome.Status,
            outcome.Title,
            $"""<p>{Encode(outcome.Text)}</p><p><a href="{Encode(home)}">Back</a></p>"""
        );

    private static IResult Page(int status, string title, string body) =>
        Results.Content(
            $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1"><title>{Encode(title)}</title></head>
            <body><main><h1>{Encode(title)}</h1>{body}</main></body></html>
            """,
            "text/html; charset=utf-8",
            Encoding.UTF8,
            status
        );

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
