using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>The background loop of the room; the host runs one per process.</summary>
public interface IAuthorizationWorker
{
    /// <summary>Runs until cancelled, then returns. A failing turn is logged and followed by the next.</summary>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits for the exchanges and refreshes of this process, whoever began them: a token that a provider has rotated is
    /// kept before the process ends. Comes after the doors are closed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Some still run; the next process finds them by their attempt records.</exception>
    Task DrainAsync(CancellationToken cancellationToken);
}

internal sealed partial class AuthorizationWorker(
    IDatabase database,
    BackgroundWork work,
    TokenRefresher refresher,
    Verification verification,
    WorkSignal signal,
    TimeProvider time,
    ILogger<AuthorizationWorker> logger
) : IAuthorizationWorker
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // A node that lost its name does nothing any more: what it began it could not finish.
                await database.RequireWritableAsync(cancellationToken);
                if (!await work.TurnAsync(cancellationToken))
                {
                    await signal.WaitAsync(Turn, time, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // the loop outlives a database that is away
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.TurnFailed(logger, exception);
                await Task.Delay(Turn, time, cancellationToken)
                    .ContinueWith(
                        _ => { },
                        CancellationToken.None,
                        TaskContinuationOptions.ExecuteSynchronously,
                        TaskScheduler.Default
                    );
            }
        }
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await verification.WhenQuietAsync(cancellationToken);
        await refresher.WhenQuietAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(2402, LogLevel.Error, "A turn of the background work failed")]
        public static partial void TurnFailed(ILogger logger, Exception exception);
    }
}
