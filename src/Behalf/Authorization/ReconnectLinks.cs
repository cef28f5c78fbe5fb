using Behalf.Identity;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>Gives a refusal the authorization link that its next step needs; safe to call concurrently.</summary>
public interface IReconnectLinks
{
    /// <summary>
    /// The same problem; with a link of its own (single use, for this subject) where the user's next step is to connect and
    /// the caller may make one. Without a link it says the same.
    /// </summary>
    Task<Problem> AddToAsync(ActingSubject subject, Problem problem, CancellationToken cancellationToken);
}

internal sealed partial class ReconnectLinks(IAuthorization authorization, ILogger<ReconnectLinks> logger)
    : IReconnectLinks
{
    public async Task<Problem> AddToAsync(ActingSubject subject, Problem problem, CancellationToken cancellationToken)
    {
        if (problem.Reconnect is not { } connection)
        {
            return problem;
        }

        try
        {
            Result<AuthorizationLink> link = await authorization.CreateLinkAsync(
                subject,
                new LinkRequest { Connection = connection },
                cancellationToken
            );
            return link.Succeeded ? problem with { AuthorizationLink = link.Value.Link.AbsoluteUri } : problem;
        }
        catch (StorageUnavailableException unavailable)
        {
            Log.NotMade(logger, connection, unavailable); // the refusal stands, with or without it
            return problem;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2131, LogLevel.Warning, "A refusal goes without its link to {Connection}")]
        public static partial void NotMade(ILogger logger, ConnectionName connection, Exception exception);
    }
}
