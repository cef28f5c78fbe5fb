using Behalf.Authorization;
using Behalf.Server.Hosting;

namespace Behalf.Server.Background;

/// <summary>Expires flows, refreshes what is due, revokes what was stopped.</summary>
internal sealed class AuthorizationWork(IAuthorizationWorker worker, Readiness readiness) : BackgroundService
{
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
}
