using Behalf.Audit;
using Behalf.Identity;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Signs where every lane of every environment stands, each minute and when the server stops.</summary>
internal sealed class AuditCheckpointing(
    IAuditCheckpoints checkpoints,
    IIdentity identity,
    TimeProvider time,
    Readiness readiness,
    ILogger<AuditCheckpointing> logger
) : EachMinute(time, readiness, logger)
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (MayWork)
        {
            await TryTurnAsync(cancellationToken);
        }
    }

    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        foreach (DeploymentEnvironment environment in await identity.ListEnvironmentsAsync(cancellationToken))
        {
            await checkpoints.WriteAsync(environment.Id, cancellationToken);
        }
    }
}
