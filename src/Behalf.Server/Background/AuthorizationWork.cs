using Behalf.Authorization;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Expires flows, refreshes what is due, revokes what was stopped.</summary>
internal sealed partial class AuthorizationWork(
    IAuthorizationWorker worker,
    Readiness readiness,
    ILogger<AuthorizationWork> logger
) : BackgroundService
{
    /// <summary>After the doors, whose hosted service stops first.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await worker.DrainAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.LeftRunning(logger);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the start does not wait for the first turn
        try
        {
            await readiness.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // the server stops, sealed as it was
        }

        await worker.RunAsync(stoppingToken);
    }

    private static partial class Log
    {
        [LoggerMessage(
            2404,
            LogLevel.Warning,
            "The server ends while a provider still has not answered a refresh or an exchange; the next process finds it by its attempt record"
        )]
        public static partial void LeftRunning(ILogger logger);
    }
}
