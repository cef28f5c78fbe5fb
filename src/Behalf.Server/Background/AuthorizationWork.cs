using Behalf.Authorization;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Expires flows, refreshes what is due, revokes what was stopped.</summary>
internal sealed class AuthorizationWork(IAuthorizationWorker worker, Readiness readiness) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the start does not wait for the first turn
        await readiness.WaitAsync(stoppingToken);
        await worker.RunAsync(stoppingToken);
    }
}
