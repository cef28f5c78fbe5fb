using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>
/// Each minute and when the server stops: the database is still the one it was. If it went back in time under this node, the
/// node ends rather than serve it.
/// </summary>
internal sealed partial class TrailWatching(
    TrailWatch watch,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    Readiness readiness,
    ILogger<TrailWatching> logger
) : EachMinute(time, readiness, logger)
{
    private bool _hasGoneBack;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (MayWork && !_hasGoneBack)
        {
            await TryTurnAsync(cancellationToken);
        }
    }

    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await watch.RequireAsync(cancellationToken);
        }
        catch (StartupException gone)
        {
            _hasGoneBack = true;
            Log.WentBack(logger, gone.Message);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 127, Level = LogLevel.Critical, Message = "{Reason} This node ends.")]
        public static partial void WentBack(ILogger logger, string reason);
    }
}
