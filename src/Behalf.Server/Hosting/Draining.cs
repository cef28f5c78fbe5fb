using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>
/// The first that happens when the process is asked to stop: readiness says so, and the doors stay open for
/// <see cref="BehalfOptions.DrainDelay"/>. Then they close, and what runs is ended.
/// </summary>
internal sealed class Draining(Readiness readiness, IOptions<BehalfOptions> options, TimeProvider time)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        bool isAskedAgain = readiness.IsDraining;
        readiness.Drain();
        if (!isAskedAgain && options.Value.DrainDelay > TimeSpan.Zero)
        {
            await Task.Delay(options.Value.DrainDelay, time, cancellationToken);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
