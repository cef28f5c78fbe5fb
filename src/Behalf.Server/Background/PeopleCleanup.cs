using Behalf.Grants;
using Behalf.People;
using Behalf.Registration;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Removes what ended: browser sessions, grants, and registrations of clients that nobody uses.</summary>
internal sealed class PeopleCleanup(
    ISignInSessionStore sessions,
    IGrants grants,
    IClientRegistry clients,
    TimeProvider time,
    Readiness readiness,
    ILogger<PeopleCleanup> logger
) : EachMinute(time, readiness, logger)
{
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        await sessions.RemoveEndedAsync(cancellationToken);
        await grants.CleanAsync(cancellationToken);
        await clients.CleanAsync(cancellationToken);
    }
}
