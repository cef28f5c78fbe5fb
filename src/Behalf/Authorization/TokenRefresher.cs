using System.Collections.Concurrent;
using Behalf.Connections;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Gives callers a credential that works. In this process one refresh per account runs at a time and callers join it;
/// between processes the lease decides (see <see cref="RefreshRun"/>).
/// </summary>
internal sealed partial class TokenRefresher(
    RefreshRun run,
    RefreshSchedule schedule,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<TokenRefresher> logger
)
{
    private const int MaxWaiters = 2_000;
    private const int MaxJoins = 3;
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(10);

    /// <value>Another refresh of the account is under way.</value>
    public static FreshCredential.Later Busy { get; } = new("refresh_running", TimeSpan.FromSeconds(2));

    /// <value>As <see cref="Busy"/>, of a run that did not wait for it.</value>
    public static FreshCredential LeftToOthers { get; } =
        new FreshCredential.Later("refresh_running", TimeSpan.FromSeconds(2));

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(200);

    private readonly SingleFlight<AccountRefresh, FreshCredential> _running = new(MaxWaiters);
    private readonly ConcurrentDictionary<AccountRefresh, byte> _ending = new();

    public async Task<FreshCredential> FreshenAsync(
        SealedCredential current,
        Connection connection,
        FreshenReason reason,
        CancellationToken cancellationToken
    )
    {
        if (reason == FreshenReason.BeforeUse && !schedule.IsStale(current))
        {
            return new FreshCredential.Usable(current);
        }

        var key = new AccountRefresh(current.Key.Environment, current.Key.Account);
        FreshCredential result = Busy;
        for (int join = 0; join < MaxJoins; join++)
        {
            result = await JoinAsync(key, current, connection, reason, cancellationToken);

            // A refresh that someone began for another reason may end with the very token that was rejected.
            bool isTheRejectedOne =
                reason == FreshenReason.Rejected
                && result is FreshCredential.Usable usable
                && usable.Credential.Generation <= current.Generation;

            // Nor does the scheduler wait for another node; a caller does.
            bool isLeft = reason != FreshenReason.Due && ReferenceEquals(result, LeftToOthers);
            if (!isTheRejectedOne && !isLeft)
            {
                break;
            }

            result = Busy;
        }

        return result is FreshCredential.Later && reason == FreshenReason.BeforeUse && !schedule.HasEnded(current)
            ? new FreshCredential.Usable(current)
            : result;
    }

    /// <summary>Until no refresh runs in this process: a reply that is under way is received and committed.</summary>
    public Task WhenQuietAsync(CancellationToken cancellationToken) => _running.WhenQuietAsync(cancellationToken);

    private async Task<FreshCredential> RunAsync(
        AccountRefresh key,
        long knownGeneration,
        Connection connection,
        FreshenReason reason
    )
    {
        try
        {
            return await run.RunAsync(key, knownGeneration, connection, reason);
        }
        catch when (run.IsInDoubt(key))
        {
            _ = EndDoubtAsync(key);
            throw;
        }
    }

    /// <summary>
    /// A lease that was perhaps taken, without word of it, would stop every node to its end. Within the flight, so that
    /// nothing else of this process holds it.
    /// </summary>
    private async Task EndDoubtAsync(AccountRefresh key)
    {
        if (!_ending.TryAdd(key, 0))
        {
            return;
        }

        long began = time.GetTimestamp();
        while (run.IsInDoubt(key) && time.GetElapsedTime(began) < options.Value.RefreshTimeout + Leeway)
        {
            await Task.Delay(AskAgain, time, CancellationToken.None);
            try
            {
                await _running.JoinAsync(key, () => run.EndDoubtAsync(key), CancellationToken.None);
            }
#pragma warning disable CA1031 // of no other consequence: the lease ends by itself
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.StillInDoubt(logger, key.Account, exception);
            }
        }

        _ending.TryRemove(key, out _);
    }

    private async Task<FreshCredential> JoinAsync(
        AccountRefresh key,
        SealedCredential current,
        Connection connection,
        FreshenReason reason,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await _running
                    .JoinAsync(key, () => RunAsync(key, current.Generation, connection, reason), cancellationToken)
                    .WaitAsync(options.Value.TokenRequestTimeout + Leeway, time, cancellationToken)
                ?? Busy;
        }
        catch (TimeoutException)
        {
            return Busy;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2209, LogLevel.Warning, "Whether {Account} is leased by this node could not be learned yet")]
        public static partial void StillInDoubt(ILogger logger, AccountId account, Exception exception);
    }
}

/// <summary>The typed key of a refresh: a tuple, never a joined string.</summary>
internal readonly record struct AccountRefresh(EnvironmentId Environment, AccountId Account);
