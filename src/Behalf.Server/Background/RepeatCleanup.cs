using Behalf.Audit;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Removes the keys and outcomes of calls that can no longer be repeated.</summary>
internal sealed class RepeatCleanup(
    IRepeatStore repeats,
    TimeProvider time,
    Readiness readiness,
    ILogger<RepeatCleanup> logger
) : EachMinute(time, readiness, logger)
{
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        while (await repeats.RemoveExpiredAsync(cancellationToken) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
