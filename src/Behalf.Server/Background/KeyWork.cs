using Behalf.Identity;
using Behalf.Server.Api;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Background;

/// <summary>
/// Takes in changes of the key ring every few seconds and moves what a replaced key wraps, a bundle at a time, so that
/// calls go on beside it.
/// </summary>
internal sealed partial class KeyWork(
    IKeyRotation rotation,
    IIdentity identity,
    TimeProvider time,
    Readiness readiness,
    ILogger<KeyWork> logger
) : BackgroundService
{
    /// <value>How often a ring at rest is looked at: a prepared key is active on all nodes within about two of these.</value>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <value>Stored values in one transaction.</value>
    private const int Bundle = 200;

    /// <value>The environment whose trail holds what is done to the installation; it never becomes another one.</value>
    private EnvironmentId? _trail;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the start does not wait for the first turn
        try
        {
            await readiness.WaitAsync(stoppingToken);
            using PeriodicTimer timer = new(Period, time);
            do
            {
                while (await TryTurnAsync(stoppingToken))
                {
                    // the next bundle
                }
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the next start goes on where this ended.
        }
    }

    /// <returns>True when more waits to be moved.</returns>
    private async Task<bool> TryTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            _trail ??= await FindTrailAsync(cancellationToken);
            return (await rotation.TurnAsync(_trail.Value, Bundle, cancellationToken)).More;
        }
#pragma warning disable CA1031 // logged; the next turn comes, and the ring that is open stays open
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.TurnFailed(logger, exception);
            return false;
        }
    }

    private async Task<EnvironmentId> FindTrailAsync(CancellationToken cancellationToken) =>
        (await identity.ListEnvironmentsAsync(cancellationToken))
            .First(environment => environment.Slug == AdministeredEnvironment.Default)
            .Id;

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 130,
            Level = LogLevel.Error,
            Message = "The key ring could not be looked after; it will be tried again in seconds"
        )]
        public static partial void TurnFailed(ILogger logger, Exception exception);
    }
}
