using Behalf.Authorization;

namespace Behalf.Server.Background;

/// <summary>Expires flows, refreshes what is due, revokes what was stopped.</summary>
internal sealed class AuthorizationWork(IAuthorizationWorker worker) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the start does not wait for the first turn
        await worker.RunAsync(stoppingToken);
    }
}
