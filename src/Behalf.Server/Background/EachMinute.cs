using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Something small that is done each minute, or more often; a failing turn is logged and followed by the next.</summary>
internal abstract partial class EachMinute(TimeProvider time, Readiness readiness, ILogger logger) : BackgroundService
{
    protected TimeProvider Time => time;

    protected virtual TimeSpan Period => TimeSpan.FromMinutes(1);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await readiness.WaitAsync(stoppingToken);
            using PeriodicTimer timer = new(Period, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryTurnAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>False while the server is sealed: there is nothing that could be done.</summary>
    protected bool MayWork => readiness.IsReached;

    protected abstract Task TurnAsync(CancellationToken cancellationToken);

    protected async Task TryTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TurnAsync(cancellationToken);
        }
#pragma warning disable CA1031 // logged; the next minute comes
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.TurnFailed(logger, GetType().Name, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 120,
            Level = LogLevel.Error,
            Message = "{Work} failed; it will be tried again within a minute"
        )]
        public static partial void TurnFailed(ILogger logger, string work, Exception exception);
    }
}
