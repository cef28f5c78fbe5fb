using Behalf.Identity;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Removes user sessions that ended; they were of no use since.</summary>
internal sealed class SessionCleanup(
    IUserSessionStore sessions,
    TimeProvider time,
    Readiness readiness,
    ILogger<SessionCleanup> logger
) : EachMinute(time, readiness, logger)
{
    protected override Task TurnAsync(CancellationToken cancellationToken) =>
        sessions.RemoveEndedAsync(Time.GetUtcNow(), cancellationToken);
}
