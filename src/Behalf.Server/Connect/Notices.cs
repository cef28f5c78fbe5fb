using System.Globalization;
using Behalf.Authorization;

namespace Behalf.Server.Connect;

/// <summary>The sentences of the outcome pages.</summary>
internal static class Notices
{
    /// <value>RFC 6749 §4.1.2.1.</value>
    private const string AccessDenied = "access_denied";

    public static Notice Connected { get; } =
        new("Connected", ["Your account is connected. You can close this page and go back to the application."]);

    public static Notice Cancelled { get; } =
        new(
            "Cancelled",
            [
                "Nothing was connected, and this link no longer works. Ask the application for a new one if you change your mind.",
            ]
        );

    public static Notice Repeated { get; } =
        new(
            "That answer could not be read",
            ["The provider's answer repeats a value. Nothing was connected. Ask the application for a new link."],
            Status: StatusCodes.Status400BadRequest
        );

    public static Notice FormExpired { get; } =
        new(
            "Please open the link again",
            [
                "This page was open for too long or in another browser. Nothing happened. Open the link again and continue.",
            ],
            Status: StatusCodes.Status400BadRequest
        );

    public static Notice SignInNotBegun { get; } =
        new(
            "This sign-in was not begun here",
            ["It took longer than ten minutes, or began in another browser. Nobody was signed in. Begin again."],
            Status: StatusCodes.Status400BadRequest
        )
        {
            Link = new NoticeLink("Sign in", "/sign-in"),
        };

    public static Notice SignedOut { get; } =
        new("Signed out", ["This browser is signed out. Clients that you allowed go on until you take that back."]);

    /// <summary>A request of an MCP client that cannot be answered to the client itself.</summary>
    public static Notice OfClient(string error, string? description) =>
        new(
            "This client cannot be let in",
            [
                description ?? "Its request cannot be understood.",
                $"Nothing was allowed, and nothing was sent to the client. Its makers need to know: {error}",
            ],
            Status: StatusCodes.Status400BadRequest
        );

    public static Notice NotYou(Problem problem, string signInPage) =>
        new("This link is for someone else", [problem.Message], Status: StatusCodes.Status403Forbidden)
        {
            Link = new NoticeLink("Sign in as someone else", signInPage),
        };

    public static Notice Code(CallbackResult.ShowCode shown) =>
        new(
            "One step left",
            [
                "Type this code into the application that sent you here. It proves that you are the person who connects.",
                $"The code works once, until {shown.ExpiresAt.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture)} UTC. Give it to nobody else.",
            ],
            shown.Code
        );

    public static Notice Refused(CallbackResult.ProviderRefused refused) =>
        new(
            "The provider said no",
            [
                refused.Error == AccessDenied
                    ? "You, or whoever decides there, did not allow the access. Nothing was connected."
                    : "It did not let you connect. Nothing was connected; the people who run the application need to see the reason below.",
                "If you want to try again, ask the application for a new link.",
                refused.Description is { Length: > 0 } description
                    ? $"Its reason: {refused.Error} ({description})"
                    : $"Its reason: {refused.Error}",
            ],
            Status: StatusCodes.Status400BadRequest
        );

    public static Notice Of(Problem problem) =>
        problem.Code switch
        {
            "link_expired" or "flow_expired" => new Notice(
                "This link has expired",
                ["Links work for a few minutes only. Nothing was connected. Ask the application for a new one."],
                Status: StatusCodes.Status410Gone
            ),
            "link_withdrawn" => new Notice(
                "This link was taken back",
                [
                    "The application that made it waits for nobody any more. Nothing was connected. Ask it for a new one.",
                ],
                Status: StatusCodes.Status410Gone
            ),
            "link_used" or "state_used" => new Notice(
                "This link was used already",
                ["A link works once. If that was not you, or it did not finish, ask the application for a new one."],
                Status: StatusCodes.Status410Gone
            ),
            "link_unknown" or "not_found" => new Notice(
                "This link is not known",
                ["Perhaps a part of it is missing. Ask the application for a new one."],
                Status: StatusCodes.Status404NotFound
            ),
            "browser_mismatch" => new Notice(
                "This is not the browser that began",
                [
                    "The connection was started somewhere else, so it was not finished here. Nothing was connected.",
                    "If someone sent you a link: only open links that your own application gave you.",
                ],
                Status: StatusCodes.Status403Forbidden
            ),
            _ => new Notice(
                "That did not work",
                [problem.Message],
                Status: problem.Kind switch
                {
                    ProblemKind.Forbidden => StatusCodes.Status403Forbidden,
                    ProblemKind.NotFound => StatusCodes.Status404NotFound,
                    ProblemKind.Unavailable or ProblemKind.DeadlineExceeded => StatusCodes.Status503ServiceUnavailable,
                    ProblemKind.RateLimited => StatusCodes.Status429TooManyRequests,
                    _ => StatusCodes.Status400BadRequest,
                }
            ),
        };
}
