using Behalf.Connections;
using Behalf.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Makes a received pair durable before anyone uses it. A pair in hand is never dropped for a store that fails: it is kept
/// in the spool and tried again as long as this process lives, and by the next one. An account that was given up meanwhile
/// because nobody knew what had become of this very request comes back. A pair that came too late (the account was stopped)
/// is revoked upstream.
/// </summary>
internal sealed partial class RefreshCommit(
    IRefreshStore store,
    IAccountStore accounts,
    RevocationJobs jobs,
    RefreshSpool spool,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<RefreshCommit> logger
)
{
    /// <summary>A commit that takes longer may never come back: the pair goes into the spool beside it.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <param name="lease">Null: another holds it at the moment.</param>
    /// <param name="isKept">The pair is in the spool already.</param>
    public async Task<FreshCredential> CommitAsync(RefreshLease? lease, ReceivedPair pair, bool isKept = false)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        RefreshLease? held = lease;
        bool isInDoubt = false; // whether the lease was taken anew
        while (true)
        {
            Task<FreshCredential?> trying = TryAsync(held, pair);
            try
            {
                isKept = isKept || !await IsQuickAsync(trying) && spool.Keep(pair);
                if (await trying is { } settled)
                {
                    if (isKept)
                    {
                        spool.Remove(pair);
                    }

                    return settled;
                }

                // The account still waits for exactly this generation: only the lease was lost on the way.
                bool wasInDoubt = isInDoubt;
                isInDoubt = true;
                held = await (
                    wasInDoubt
                        ? store.TakeUpAsync(
                            pair.Environment,
                            pair.Account,
                            options.Value.RefreshTimeout,
                            CancellationToken.None
                        )
                        : store.AcquireAsync(
                            pair.Environment,
                            pair.Account,
                            options.Value.RefreshTimeout,
                            CancellationToken.None
                        )
                );
                isInDoubt = false;
                if (held is not null)
                {
                    pair = await AsItIsNowAsync(pair);
                    continue;
                }
            }
#pragma warning disable CA1031 // a pair in hand: whatever the store throws, try again
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.NotStored(logger, pair.Account, exception);
                isKept = isKept || spool.Keep(pair);
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>How it ended, or null while the account still waits for this generation.</returns>
    private async Task<FreshCredential?> TryAsync(RefreshLease? held, ReceivedPair pair)
    {
        if (held is null)
        {
            return await SettleAsync(pair);
        }

        bool wasGivenUp = pair.Before is { Status: CredentialStatus.Expired };
        NewCredential next = pair.Next with { IsInDoubt = wasGivenUp };
        if (await store.CommitAsync(held, next, TracesOf(pair.Before), CancellationToken.None))
        {
            if (wasGivenUp)
            {
                Log.CameBack(logger, pair.Account);
            }

            Milestone.Reached(Milestone.RefreshCommitted, pair.Account.ToString());
            return new FreshCredential.Usable(pair.Next.Sealed);
        }

        return await SettleAsync(pair);
    }

    private async Task<ReceivedPair> AsItIsNowAsync(ReceivedPair pair) =>
        pair with
        {
            Before = await accounts.FindAsync(pair.Environment, pair.Account, CancellationToken.None) ?? pair.Before,
        };

    private static Traces TracesOf(ConnectedAccount? before) =>
        before switch
        {
            null => Traces.None,
            { Status: CredentialStatus.Expired } => Traces
                .Of(before.Record("account.recovered", "system", before.Reason))
                .With(
                    before.Event(EventTypes.TokenRefreshSucceeded, AccountState.Active),
                    before.Event(EventTypes.AccountStatusUpdated, AccountState.Active)
                ),
            _ => Traces.None.With(before.Event(EventTypes.TokenRefreshSucceeded, AccountState.Active)),
        };

    private async Task<bool> IsQuickAsync(Task<FreshCredential?> trying)
    {
        try
        {
            await trying.WaitAsync(Slow, time);
            return true;
        }
        catch (TimeoutException) when (!trying.IsCompleted)
        {
            return false;
        }
    }

    /// <returns>How it ended, or null while the account still waits for this generation.</returns>
    private async Task<FreshCredential?> SettleAsync(ReceivedPair pair)
    {
        ConnectedAccount? account = await accounts.FindAsync(pair.Environment, pair.Account, CancellationToken.None);
        NewCredential next = pair.Next;
        if (account?.Generation == next.Follows && IsAwaited(account))
        {
            return null;
        }

        if (account is not { Status: CredentialStatus.Active })
        {
            await RevokeAsync(pair, next.ProviderUserKey ?? account?.ProviderUserKey);
            return new FreshCredential.Refused(account?.Reason ?? AccountReasons.Disconnected);
        }

        // A newer generation is there. Of the same grant, revoking ours could end it too; of another user's, ours is left over.
        if (account.ProviderUserKey != pair.ProviderUserKey)
        {
            await RevokeAsync(pair, pair.ProviderUserKey);
        }

        Log.Superseded(logger, pair.Account, next.Follows + 1, account.Generation);
        Vault.SealedCredential? theirs = await accounts.FindCredentialAsync(
            pair.Environment,
            pair.Account,
            CancellationToken.None
        );
        return theirs is null
            ? new FreshCredential.Refused(AccountReasons.Disconnected)
            : new FreshCredential.Usable(theirs);
    }

    /// <summary>It works, or was given up only because this answer had not come.</summary>
    private static bool IsAwaited(ConnectedAccount account) =>
        account
            is { Status: CredentialStatus.Active }
                or { Status: CredentialStatus.Expired, Reason: AccountReasons.RefreshOutcomeUnknown };

    private Task RevokeAsync(ReceivedPair pair, string? providerUserKey) =>
        jobs.AddAsync(pair.Environment, pair.Account, pair.Next.Sealed, pair.Connection, providerUserKey);

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

        [LoggerMessage(
            2214,
            LogLevel.Warning,
            "{Account} had been given up, and the answer to its refresh came after all: it works again"
        )]
        public static partial void CameBack(ILogger logger, AccountId account);
    }
}
