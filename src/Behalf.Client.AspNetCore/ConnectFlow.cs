using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Client.AspNetCore;

/// <summary>
/// The two places an application has in the connect walk: it sends the signed-in person to their link, and says on the
/// return who is in front of the browser now.
/// </summary>
internal sealed partial class ConnectFlow(
    BehalfClient behalf,
    AttemptCookie cookie,
    SpentStates spent,
    IOptions<BehalfConnectOptions> options,
    TimeProvider clock,
    ILogger<ConnectFlow> logger
)
{
    private const int LongestRequestId = 1000;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <exception cref="InvalidOperationException">PublicUrl is not set and the request did not come to a loopback name.</exception>
    public Uri OriginOf(HttpRequest request)
    {
        if (options.Value.PublicUrl is { } url)
        {
            return new Uri(url.GetLeftPart(UriPartial.Authority));
        }
        var own = new Uri($"{request.Scheme}://{request.Host.ToUriComponent()}");
        return own.IsLoopback
            ? own
            : throw new InvalidOperationException(
                $"Set {BehalfConnectServiceCollectionExtensions.ConfigurationSection}:PublicUrl to this application's origin: a Host header is no source for the address that people are sent back to."
            );
    }

    /// <param name="verifyPath">Where the person comes back to; a path of this application.</param>
    /// <param name="returnPath">Where to go afterwards; anything but a path of this application counts as not given.</param>
    /// <returns>The link to send the browser to, which now holds the attempt.</returns>
    /// <exception cref="BehalfException">The server made no link.</exception>
    public async Task<Uri> BeginAsync(
        HttpContext http,
        string identifier,
        string connection,
        string verifyPath,
        string? returnPath
    )
    {
        var attempt = new Attempt(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            connection,
            identifier,
            LocalPath.IsLocal(returnPath) ? returnPath! : http.Request.PathBase + options.Value.AfterConnect,
            clock.GetUtcNow() + Life
        );
        try
        {
            var link = await behalf
                .Accounts.CreateLinkAsync(
                    connection,
                    identifier,
                    new Uri(OriginOf(http.Request), verifyPath),
                    attempt.State,
                    http.RequestAborted
                )
                .ConfigureAwait(false);
            cookie.Set(http, attempt);
            return link.Link;
        }
        catch (BehalfException exception)
        {
            Log.NotBegun(logger, exception.Code, exception);
            throw;
        }
    }

    /// <summary>
    /// Confirms only when this browser began the attempt, it is the first return, and the person who began it is the one
    /// signed in now. A return to any other browser ends the attempt, and nothing is connected.
    /// </summary>
    public async Task<ConnectOutcome> EndAsync(HttpContext http, string identifier)
    {
        if (
            Single(http.Request.Query, "auth_request_id") is not { Length: > 0 and <= LongestRequestId } requestId
            || Single(http.Request.Query, "state") is not { Length: > 0 } state
        )
        {
            return ConnectOutcome.Incomplete;
        }
        try
        {
            if (cookie.Find(http, state) is not { } attempt || attempt.Identifier != identifier)
            {
                return await RefuseAsync(http, requestId, identifier).ConfigureAwait(false);
            }
            return spent.TrySpend(state, attempt.EndsAt)
                ? await ConfirmAsync(http, requestId, attempt).ConfigureAwait(false)
                : ConnectOutcome.Used;
        }
        catch (BehalfException exception)
        {
            Log.Failed(logger, exception.Code, exception);
            return ConnectOutcome.Failed(exception);
        }
    }

    private async Task<ConnectOutcome> ConfirmAsync(HttpContext http, string requestId, Attempt attempt)
    {
        try
        {
            await behalf.Accounts.VerifyAsync(requestId, attempt.Identifier, http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsUndecided(exception))
        {
            spent.GiveBack(attempt.State);
            throw;
        }
        catch (BehalfException)
        {
            AttemptCookie.Remove(http, attempt.State);
            throw;
        }
        AttemptCookie.Remove(http, attempt.State);
        Log.Connected(logger, attempt.Connection);
        return new ConnectOutcome.Connected(attempt.ReturnPath);
    }

    private async Task<ConnectOutcome> RefuseAsync(HttpContext http, string requestId, string identifier)
    {
        try
        {
            await behalf.Accounts.RefuseAsync(requestId, identifier, http.RequestAborted).ConfigureAwait(false);
            Log.Refused(logger);
        }
        catch (BehalfException exception) when (exception.Kind == BehalfErrorKind.NotFound)
        {
            Log.NothingToRefuse(logger);
        }
        return ConnectOutcome.NotHere;
    }

    /// <summary>Whoever comes again with the same attempt joins it at the server.</summary>
    private static bool IsUndecided(Exception exception) =>
        exception
            is OperationCanceledException
                or BehalfException
                {
                    Kind: BehalfErrorKind.Unavailable or BehalfErrorKind.DeadlineExceeded or BehalfErrorKind.RateLimited
                };

    /// <summary>A repeated parameter counts as none: which one is meant would be a guess.</summary>
    private static string? Single(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null;

    /// <summary>Neither links, states nor request ids.</summary>
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "An account of connection {Connection} was connected and verified.")]
        public static partial void Connected(ILogger logger, string connection);

        [LoggerMessage(
            2,
            LogLevel.Warning,
            "A connect attempt came back to a browser or user that had not begun it; it was refused."
        )]
        public static partial void Refused(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "A return that belongs to no open connect attempt was refused.")]
        public static partial void NothingToRefuse(ILogger logger);

        [LoggerMessage(5, LogLevel.Warning, "No authorization link could be made: {Code}")]
        public static partial void NotBegun(ILogger logger, string code, Exception exception);

        [LoggerMessage(4, LogLevel.Warning, "A connect attempt failed: {Code}")]
        public static partial void Failed(ILogger logger, string code, Exception exception);
    }
}
