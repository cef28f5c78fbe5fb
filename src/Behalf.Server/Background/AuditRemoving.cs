using Behalf.Audit;
using Behalf.Identity;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Removes audit records that are older than their environment keeps them, by the time that all nodes agree on.</summary>
internal sealed class AuditRemoving(
    IAuditUpkeep upkeep,
    IIdentity identity,
    SharedClock clock,
    TimeProvider time,
    Readiness readiness,
    ILogger<AuditRemoving> logger
) : EachMinute(time, readiness, logger)
{
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        foreach (DeploymentEnvironment environment in await identity.ListEnvironmentsAsync(cancellationToken))
        {
            if (environment.AuditRetentionDays is { } days)
            {
                await upkeep.RemoveBeforeAsync(
                    environment.Id,
                    clock.UtcNow - TimeSpan.FromDays(days),
                    cancellationToken
                );
            }
        }
    }
}
