using Behalf.Connectors;

namespace Behalf.Server.Background;

/// <summary>Reads the definitions that connections pin once the server answers, so that the first call need not.</summary>
internal sealed class DefinitionWarming(IConnectorCatalog catalog, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration listening = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        await catalog.WarmAsync(stoppingToken);
    }
}
