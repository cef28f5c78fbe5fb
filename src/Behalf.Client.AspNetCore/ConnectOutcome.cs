using Microsoft.AspNetCore.Http;

namespace Behalf.Client.AspNetCore;

/// <summary>How a return ended, in words for the person.</summary>
internal abstract record ConnectOutcome
{
    private ConnectOutcome() { }

    public static ConnectOutcome Incomplete { get; } =
        new Stopped(
            StatusCodes.Status400BadRequest,
            "Start again",
            "This page belongs to no connection that was begun here. Nothing was connected."
        );

    public static ConnectOutcome Used { get; } =
        new Stopped(
            StatusCodes.Status409Conflict,
            "Already used",
            "This return was used before. If your account is not connected, start again."
        );

    public static ConnectOutcome NotHere { get; } =
        new Stopped(
            StatusCodes.Status403Forbidden,
            "Not begun here",
            "This connection was begun by another person or in another browser. Nothing was connected. If you want to connect your own account, start from your own page."
        );

    public static Stopped FormExpired { get; } =
        new(
            StatusCodes.Status400BadRequest,
            "Press the button again",
            "The form was too old or did not come from this site. Nothing was begun."
        );

    /// <summary>The attempt could not be begun.</summary>
    public static Stopped NoLink(BehalfException exception) =>
        exception.Kind is BehalfErrorKind.NotFound or BehalfErrorKind.InvalidArgument
            ? new Stopped(StatusCodes.Status404NotFound, "Nothing to connect", exception.Message)
            : new Stopped(
                StatusCodes.Status503ServiceUnavailable,
                "Not now",
                "The connection could not be begun. Try again in a moment."
            );

    public static ConnectOutcome Failed(BehalfException exception) =>
        exception.Kind switch
        {
            BehalfErrorKind.Forbidden => NotHere,
            BehalfErrorKind.NotFound => new Stopped(
                StatusCodes.Status409Conflict,
                "Start again",
                "This connection was finished, ended or refused before. If your account is not connected, start again."
            ),
            BehalfErrorKind.FailedPrecondition or BehalfErrorKind.InvalidArgument => new Stopped(
                StatusCodes.Status409Conflict,
                "Not connected",
                exception.Message
            ),
            BehalfErrorKind.Unavailable or BehalfErrorKind.DeadlineExceeded or BehalfErrorKind.RateLimited =>
                new Stopped(
                    StatusCodes.Status503ServiceUnavailable,
                    "Not yet",
                    "The connection could not be confirmed just now. Reload this page in a moment."
                ),
            _ => new Stopped(
                StatusCodes.Status502BadGateway,
                "Not connected",
                "The connection could not be confirmed. Nothing was connected; the application's log says why."
            ),
        };

    public sealed record Connected(string ReturnPath) : ConnectOutcome;

    public sealed record Stopped(int Status, string Title, string Text) : ConnectOutcome;
}
