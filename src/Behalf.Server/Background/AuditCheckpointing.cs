using Behalf.Audit;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Signs where every lane of every environment stands, each minute and when the server stops.</summary>
internal sealed class AuditCheckpointing(
    IAuditCheckpoints checkpoints,
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

    protected override Task TurnAsync(CancellationToken cancellationToken) =>
        checkpoints.WriteAllAsync(cancellationToken);
}
