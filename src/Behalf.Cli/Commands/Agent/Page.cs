using System.Net;
using System.Text;

namespace Behalf.Cli.Commands.Agent;

/// <summary>What the loopback listener answers: plain, inert, never stored.</summary>
internal sealed record Page(string Status, string Headers, string Body)
{
    public static Page NotFound { get; } = Say("404 Not Found", "There is nothing here.");

    public static Page Foreign { get; } =
        Say(
            "400 Bad Request",
            "This address does not belong to the authorization that is under way. Nothing was done."
        );

    public static Page Refused(string message) => Say("403 Forbidden", message);

    public static Page Redirect(Uri next) => new("303 See Other", $"Location: {next.AbsoluteUri}\r\n", "");

    public Task WriteAsync(Stream stream)
    {
        var body = Encoding.UTF8.GetBytes(Body);
        var head =
            $"HTTP/1.1 {Status}\r\n{Headers}Content-Type: text/html; charset=utf-8\r\nContent-Length: {body.Length}\r\n"
            + "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n"
            + "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
        return stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]).AsTask();
    }

    private static Page Say(string status, string message) =>
        new(
            status,
            "",
            $"<!doctype html><html lang=\"en\"><title>Behalf</title><p>{WebUtility.HtmlEncode(message)}</p></html>\n"
        );
}
