using Behalf.Connections;
using Behalf.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Makes a received pair durable before anyone uses it. A pair in hand is never dropped for a store that fails: it is
/// tried again as long as this process lives. A pair that came too late (the account was stopped) is revoked upstream.
/// </summary>
internal sealed partial class RefreshCommit(
    IRefreshStore store,
    IAccountStore accounts,
    RevocationJobs jobs,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<RefreshCommit> logger
)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public async Task<FreshCredential> CommitAsync(
        RefreshLease lease,
        RefreshSubject subject,
        NewCredential next,
        Connection connection
    )
    {
        Traces traces = Traces.None.With(subject.Account.Event(EventTypes.TokenRefreshSucceeded, AccountState.Active));
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        RefreshLease? held = lease;
        while (true)
        {
            try
            {
                if (held is not null && await store.CommitAsync(held, next, traces, CancellationToken.None))
                {
                    Milestone.Reached(Milestone.RefreshCommitted, lease.Account.ToString());
                    return new FreshCredential.Usable(next.Sealed);
                }

                if (await SettleAsync(lease, subject, next, connection) is { } settled)
                {
                    return settled;
                }

                // The account still waits for exactly this generation: only the lease was lost on the way.
                held = await store.AcquireAsync(
                    lease.Environment,
                    lease.Account,
                    options.Value.RefreshTimeout,
                    CancellationToken.None
                );
                if (held is not null)
                {
                    continue;
                }
            }
#pragma warning disable CA1031 // a pair in hand: whatever the store throws, try again
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.NotStored(logger, lease.Account, exception);
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>How it ended, or null while the account still waits for this generation.</returns>
    private async Task<FreshCredential?> SettleAsync(
        RefreshLease lease,
        RefreshSubject subject,
        NewCredential next,
        Connection connection
    )
    {
        ConnectedAccount? account = await accounts.FindAsync(lease.Environment, lease.Account, CancellationToken.None);
        if (account is not { Status: CredentialStatus.Active })
        {
            await jobs.AddAsync(
                lease.Environment,
                lease.Account,
                next.Sealed,
                connection,
                next.ProviderUserKey ?? account?.ProviderUserKey
            );
            return new FreshCredential.Refused(account?.Reason ?? AccountReasons.Disconnected);
        }

        if (account.Generation == next.Follows)
        {
            return null;
        }

        // A newer generation is there. Of the same grant, revoking ours could end it too; of another user's, ours is left over.
        if (account.ProviderUserKey != subject.Account.ProviderUserKey)
        {
            await jobs.AddAsync(
                lease.Environment,
                lease.Account,
                next.Sealed,
                connection,
                subject.Account.ProviderUserKey
            );
        }

        Log.Superseded(logger, lease.Account, next.Follows + 1, account.Generation);
        Vault.SealedCredential? theirs = await accounts.FindCredentialAsync(
            lease.Environment,
            lease.Account,
            CancellationToken.None
        );
        return theirs is null
            ? new FreshCredential.Refused(AccountReasons.Disconnected)
            : new FreshCredential.Usable(theirs);
    }

    private static partial class Log
    {
        [LoggerMessage(2211, LogLevel.Critical, "The refreshed tokens of {Account} are received but not stored yet")]
        public static partial void NotStored(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(
            2212,
            LogLevel.Warning,
            "Generation {Generation} of {Account} came after {Current}; it is dropped"
        )]
        public static partial void Superseded(ILogger logger, AccountId account, long generation, long current);
    }
}
