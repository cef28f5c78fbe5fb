using Behalf.Audit.Executions;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Keeps the log of calls near the audit, so that who reads it has little to wait for.</summary>
internal sealed class ExecutionProjecting(
    IExecutionLog log,
    TimeProvider time,
    Readiness readiness,
    ILogger<ExecutionProjecting> logger
) : EachMinute(time, readiness, logger)
{
    protected override Task TurnAsync(CancellationToken cancellationToken) => log.CatchUpAsync(cancellationToken);
}
