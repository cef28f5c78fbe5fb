using Behalf.Audit;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>
/// Completes the calls of nodes that died, as soon as they count as dead. Beside a database of one process there are none:
/// it ends its own at its start.
/// </summary>
internal sealed partial class AbandonedCalls(
    IAuditStore store,
    TimeProvider time,
    Readiness readiness,
    ILogger<AbandonedCalls> logger
) : EachMinute(time, readiness, logger)
{
    protected override TimeSpan Period => TimeSpan.FromSeconds(10);

    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        int calls = await store.CompleteAbandonedAsync(cancellationToken);
        if (calls > 0)
        {
            Log.Completed(logger, calls);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 122,
            Level = LogLevel.Warning,
            Message = "Another node ended during {Calls} calls; the audit trail says that their outcome is unknown"
        )]
        public static partial void Completed(ILogger logger, int calls);
    }
}
