using Behalf.Connections;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>One turn of the background: each kind of work in a bounded portion; one failing row holds up no other.</summary>
internal sealed partial class BackgroundWork(
    IFlowStore flows,
    DueRefreshes refreshes,
    DueRevocations revocations,
    FlowContexts contexts,
    FlowEnding ending,
    Verification verification,
    ILogger<BackgroundWork> logger
)
{
    private const int Portion = 100;
    private const int InParallel = 8;

    /// <returns>True when a portion was full: more is waiting.</returns>
    public async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        bool more = await ExpireFlowsAsync(cancellationToken);
        await EndAbandonedAsync(cancellationToken);
        more |= await refreshes.TurnAsync(cancellationToken);
        more |= await revocations.TurnAsync(cancellationToken);
        return more;
    }

    private async Task<bool> ExpireFlowsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<AuthorizationFlow> expired = await flows.ExpiredAsync(Portion, cancellationToken);
        int ended = 0;
        await EachAsync(
            expired,
            flow => $"{flow.Id}",
            async (flow, token) =>
            {
                if (await ending.ExpireAsync(flow, token))
                {
                    Interlocked.Increment(ref ended);
                }
            },
            cancellationToken
        );
        return ended >= Portion;
    }

    private async Task EndAbandonedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<AuthorizationFlow> abandoned = await flows.AbandonedAsync(cancellationToken);
        await EachAsync(
            [.. abandoned.Where(flow => !verification.IsRunning(flow.Id))],
            flow => $"{flow.Id}",
            async (flow, token) =>
            {
                FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, token);
                if (context is not null)
                {
                    var failure = new FlowFailure("account.not_connected", AccountReasons.CodeExpired);
                    await ending.FailAsync(flow, context.Connection.Name, failure, token);
                }
            },
            cancellationToken
        );
    }

    private async Task EachAsync<T>(
        IReadOnlyList<T> items,
        Func<T, string> name,
        Func<T, CancellationToken, Task> work,
        CancellationToken cancellationToken
    )
    {
        var bounds = new ParallelOptions { MaxDegreeOfParallelism = InParallel, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            items,
            bounds,
            async (item, token) =>
            {
                try
                {
                    await work(item, token);
                }
#pragma warning disable CA1031 // logged; the others go on and this one comes up again
                catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    Log.Failed(logger, name(item), exception);
                }
            }
        );
    }

    private static partial class Log
    {
        [LoggerMessage(2405, LogLevel.Error, "Background work on {Item} failed; it will be tried again")]
        public static partial void Failed(ILogger logger, string item, Exception exception);
    }
}
