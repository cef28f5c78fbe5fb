using Behalf.Connectors;

namespace Behalf.Server.Background;

/// <summary>Reads the definitions that connections pin once the server answers, so that the first call need not.</summary>
internal sealed partial class DefinitionWarming(
    IConnectorCatalog catalog,
    IHostApplicationLifetime lifetime,
    ILogger<DefinitionWarming> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration listening = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            await catalog.WarmAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops before it was warm.
        }
        catch (StorageUnavailableException unavailable)
        {
            Log.NotWarm(logger, unavailable); // the first calls read what they need
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 131,
            Level = LogLevel.Warning,
            Message = "The database could not give the connectors' definitions ahead; calls read them when they need them"
        )]
        public static partial void NotWarm(ILogger logger, Exception exception);
    }
}
