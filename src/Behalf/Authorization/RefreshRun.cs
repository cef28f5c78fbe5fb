using System.Collections.Concurrent;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// One refresh under the account's lease (RFC 6749 §6): re-read, decide, commit the attempt, send once, commit the new
/// pair with full sync, only then hand it out. Runs to its own deadline, whoever waits.
/// </summary>
internal sealed partial class RefreshRun(
    IRefreshStore store,
    IAccountStore accounts,
    IConnectorCatalog catalog,
    TokenEndpoint endpoint,
    GrantedTokens granted,
    OwnClients ownClients,
    RefreshCommit commit,
    RefreshFailure failure,
    RefreshSchedule schedule,
    AskingTurns turns,
    IVault vault,
    SharedClock clock,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<RefreshRun> logger
)
{
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller whose token still works waits for another process: its lease may be a dead one's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>A request is not given up earlier to be in time for another one.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>How long the scheduler leaves an account whose provider does not answer anybody, at most.</summary>
    private static readonly TimeSpan LongestHoldBack = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<AccountRefresh, byte> _inDoubt = new();

    /// <summary>The account's lease was perhaps taken for this process, and nobody in it holds it.</summary>
    public bool IsInDoubt(AccountRefresh key) => _inDoubt.ContainsKey(key);

    /// <summary>Lets go of a lease that was perhaps taken. Only while no run of the account is under way in this process.</summary>
    public async Task<FreshCredential> EndDoubtAsync(AccountRefresh key)
    {
        RefreshLease? lease = await store.TakeUpAsync(key.Environment, key.Account, LeaseSlack, CancellationToken.None);
        if (lease is not null)
        {
            await store.ReleaseAsync(lease, CancellationToken.None);
        }

        _inDoubt.TryRemove(key, out _);
        return TokenRefresher.LeftToOthers;
    }

    public async Task<FreshCredential> RunAsync(
        AccountRefresh key,
        long knownGeneration,
        Connection connection,
        FreshenReason reason
    )
    {
        DateTimeOffset began = time.GetUtcNow();
        OAuthProfile profile = (await catalog.GetAsync(connection.ConnectorRevision, CancellationToken.None)).OAuth;
        while (true)
        {
            // Not of the wait for another's: what is left of that may be too little for any provider.
            long asked = time.GetTimestamp();
            RefreshLease? lease = await LeaseAsync(key, profile);
            if (lease is not null)
            {
                Milestone.Reached(Milestone.RefreshLeaseTaken, key.Account.ToString());
                using var deadline = new Deadline(time, options.Value.RefreshTimeout, asked); // and so ends before the lease
                return await HoldAsync(lease, knownGeneration, connection, profile, reason, deadline);
            }

            // Another process refreshes: wait for its result rather than for its lease.
            SealedCredential? theirs = await accounts.FindCredentialAsync(
                key.Environment,
                key.Account,
                CancellationToken.None
            );
            if (theirs is null)
            {
                return await MissedAsync(key);
            }

            if (theirs.Generation > knownGeneration && !schedule.HasEnded(theirs))
            {
                return new FreshCredential.Usable(theirs);
            }

            if (reason == FreshenReason.Due)
            {
                return TokenRefresher.LeftToOthers; // nobody waits; their result is as good as ours
            }

            bool stillWorks = reason != FreshenReason.Rejected && !schedule.HasEnded(theirs);
            TimeSpan waited = time.GetUtcNow() - began;
            if (waited >= options.Value.TokenRequestTimeout - PollEvery || stillWorks && waited >= Patience)
            {
                return TokenRefresher.Busy;
            }

            await Task.Delay(PollEvery, time, CancellationToken.None);
        }
    }

    private async Task<RefreshLease?> LeaseAsync(AccountRefresh key, OAuthProfile profile)
    {
        TimeSpan duration = options.Value.RefreshTimeout + LeaseSlack;
        TimeSpan? window = RefreshDecision.ProbeWindow(profile);
        bool wasInDoubt = !_inDoubt.TryAdd(key, 0);
        RefreshLease? lease = await (
            wasInDoubt
                ? store.TakeUpAsync(key.Environment, key.Account, duration, CancellationToken.None)
                : store.AcquireAsync(key.Environment, key.Account, duration, CancellationToken.None)
        );
        if (lease is null && window != TimeSpan.Zero)
        {
            lease = await store.OvertakeAsync(key.Environment, key.Account, duration, window, CancellationToken.None);
        }

        _inDoubt.TryRemove(key, out _);
        return lease;
    }

    private async Task<FreshCredential> HoldAsync(
        RefreshLease lease,
        long knownGeneration,
        Connection connection,
        OAuthProfile profile,
        FreshenReason reason,
        Deadline deadline
    )
    {
        bool isReleased = false;
        try
        {
            RefreshSubject? subject = await store.ReadAsync(lease, CancellationToken.None);
            if (subject is null)
            {
                return await MissedAsync(new AccountRefresh(lease.Environment, lease.Account));
            }

            RefreshDecision decision = RefreshDecision.Decide(
                subject,
                knownGeneration,
                reason,
                profile,
                schedule,
                clock.UtcNow
            );
            switch (decision)
            {
                case RefreshDecision.Use { HoldBack: { } pause } when reason == FreshenReason.Due:
                    await store.HoldBackAsync(lease.Environment, lease.Account, pause, CancellationToken.None);
                    return new FreshCredential.Usable(subject.Credential);
                case RefreshDecision.Use:
                    return new FreshCredential.Usable(subject.Credential);
                case RefreshDecision.Refuse refuse:
                    return new FreshCredential.Refused(refuse.Reason);
                case RefreshDecision.Wait wait:
                    return new FreshCredential.Later(
                        wait.IsJustRenewed ? FreshCredential.JustRenewed : "backing_off",
                        wait.For
                    );
                case RefreshDecision.Expire expire:
                    isReleased = true;
                    RefreshAttemptState known = subject.IsOutcomeUnknown
                        ? subject.LastAttempt
                        : RefreshAttemptState.NotCarriedOut;
                    return await failure.ExpireAsync(lease, subject, known, expire.Reason);
                case RefreshDecision.Send send:
                    TimeSpan? turn = await turns.WaitAsync(connection, profile, lease.Account, send.IsProbe, deadline);
                    try
                    {
                        if (turn is not null || IsTooLate(send, subject, profile))
                        {
                            return await LeaveAsync(lease, subject, send, turn, reason);
                        }

                        isReleased = true;
                        return await SendAsync(lease, subject, connection, profile, send, deadline);
                    }
                    finally
                    {
                        turns.Leave(connection, lease.Account);
                    }

                default:
                    throw new InvalidOperationException($"Unknown decision {decision.GetType().Name}.");
            }
        }
        catch (Exception exception) when (exception is not StorageUnavailableException)
        {
            isReleased = false; // whatever it was, the lease is not left behind; of one that is released this is no news
            throw;
        }
        finally
        {
            if (!isReleased)
            {
                await SettledAsync(
                    lease,
                    async () =>
                    {
                        await store.ReleaseAsync(lease, CancellationToken.None);
                        return TokenRefresher.Busy;
                    }
                );
            }
        }
    }

    /// <summary>The grace in which asking again does no harm ended while the account waited for its turn.</summary>
    private bool IsTooLate(RefreshDecision.Send send, RefreshSubject subject, OAuthProfile profile) =>
        send is { IsProbe: true, MayStillWork: true }
        && !RefreshDecision.MayProbe(profile, subject.AttemptAt, clock.UtcNow);

    /// <summary>It is not the account's turn: its token is kept for when the provider answers.</summary>
    private async Task<FreshCredential> LeaveAsync(
        RefreshLease lease,
        RefreshSubject subject,
        RefreshDecision.Send send,
        TimeSpan? wait,
        FreshenReason reason
    )
    {
        TimeSpan pause = wait < LongestHoldBack ? wait.Value : LongestHoldBack;
        if (reason == FreshenReason.Due)
        {
            await store.HoldBackAsync(lease.Environment, lease.Account, pause, CancellationToken.None);
        }

        return send.MayStillWork
            ? new FreshCredential.Usable(subject.Credential)
            : new FreshCredential.Later(RefreshFailure.ProviderUnavailable, pause);
    }

    /// <summary>Sends, and once more if nothing tells whether the first was carried out and asking again does no harm.</summary>
    private async Task<FreshCredential> SendAsync(
        RefreshLease lease,
        RefreshSubject subject,
        Connection connection,
        OAuthProfile profile,
        RefreshDecision.Send send,
        Deadline deadline
    )
    {
        Secret refreshToken;
        try
        {
            refreshToken = vault.OpenRefresh(subject.Credential)!;
        }
        catch (SealBrokenException broken)
        {
            Log.Unreadable(logger, lease.Account, broken);
            return await failure.ExpireAsync(
                lease,
                subject,
                RefreshAttemptState.NotCarriedOut,
                AccountReasons.CredentialUnreadable
            );
        }

        using (refreshToken)
        {
            bool rotates = profile.Rotation != RefreshRotation.None;
            var sent = new SentRefresh(send.IsProbe, rotates, send.MayStillWork);
            TimeSpan? window = RefreshDecision.ProbeWindow(profile);
            bool mayAskTwice = !sent.IsProbe && window != TimeSpan.Zero;
            DateTimeOffset first = clock.UtcNow;
            while (true)
            {
                try
                {
                    long generation = subject.Credential.Generation;
                    if (!await store.AttemptAsync(lease, generation, sent.IsProbe, CancellationToken.None))
                    {
                        await store.ReleaseAsync(lease, CancellationToken.None);
                        return new FreshCredential.Later("lease_lost", TimeSpan.FromSeconds(1));
                    }
                }
                catch (StorageUnavailableException)
                {
                    // The attempt may stand there although nothing was sent; nobody else can know that.
                    return await SettledAsync(lease, () => failure.UnsentAsync(lease, sent.IsProbe));
                }

                Milestone.Reached(Milestone.RefreshAttemptCommitted, lease.Account.ToString());
                DateTimeOffset asked = clock.UtcNow;
                TimeSpan timeout = mayAskTwice ? FirstWait(deadline, window) : deadline.Left;
                long began = time.GetTimestamp();
                TokenAnswer answer;
                try
                {
                    answer = await RequestAsync(connection, profile, refreshToken, timeout);
                }
                catch (Exception exception)
                {
                    Log.BrokenOff(logger, lease.Account, exception);
                    await SettledAsync(lease, () => failure.BrokenOffAsync(lease, subject, sent));
                    throw;
                }

                Telemetry.Refreshed(connection.Connector, NameOf(answer), time.GetElapsedTime(began));
                turns.Tell(connection, profile, lease.Account, answer);
                bool asksAgain =
                    mayAskTwice
                    && answer is TokenAnswer.Unknown
                    && await turns.ComesInTimeAsync(
                        connection,
                        profile,
                        lease.Account,
                        deadline,
                        () => RefreshDecision.MayProbe(profile, first, clock.UtcNow)
                    );
                switch (answer)
                {
                    case TokenAnswer.Granted { Tokens: var tokens }:
                        using (tokens)
                        {
                            Milestone.Reached(Milestone.RefreshTokensReceived, lease.Account.ToString());
                            if (tokens.HasOddLifetime)
                            {
                                Log.OddLifetime(logger, lease.Account); // the pair is good, and the one before may be spent
                            }

                            NewCredential next = await SealedAsync(
                                lease,
                                subject.Credential,
                                before =>
                                    granted.Make(
                                        subject.Account with
                                        {
                                            Generation = subject.Credential.Generation,
                                        },
                                        before.Key,
                                        connection,
                                        profile,
                                        tokens,
                                        asked,
                                        before,
                                        refreshToken
                                    )
                            );
                            return await commit.CommitAsync(
                                lease,
                                new ReceivedPair(
                                    lease.Environment,
                                    next,
                                    connection,
                                    subject.Account.ProviderUserKey,
                                    subject.Account
                                )
                            );
                        }

                    case TokenAnswer.Unknown unknown when asksAgain:
                        Log.OutcomeUnknown(logger, lease.Account, unknown.Description);
                        mayAskTwice = false;
                        sent = sent with { IsProbe = true };
                        break;
                    default:
                        return await SettledAsync(
                            lease,
                            () => failure.RecordAsync(lease, subject, connection, answer, sent)
                        );
                }
            }
        }
    }

    /// <summary>Half of the time, and no longer than a probe would still be within the grace.</summary>
    private static TimeSpan FirstWait(Deadline deadline, TimeSpan? window)
    {
        TimeSpan half = deadline.Left / 2;
        TimeSpan inTime = window - RefreshDecision.Underway ?? half;
        return inTime >= half ? half
            : inTime >= LeastWait ? inTime
            : deadline.Left;
    }

    /// <summary>
    /// Tokens in hand, and the old ones perhaps spent: whatever keeps them from being sealed, it is tried as long as this
    /// process lives. The account's key may have been wrapped anew while the provider took its time.
    /// </summary>
    private async Task<NewCredential> SealedAsync(
        RefreshLease lease,
        SealedCredential before,
        Func<SealedCredential, NewCredential> make
    )
    {
        TimeSpan pause = PollEvery;
        bool isFirst = true;
        while (true)
        {
            try
            {
                SealedCredential? now = isFirst
                    ? null
                    : await accounts.FindCredentialAsync(lease.Environment, lease.Account, CancellationToken.None);
                isFirst = false;
                return make(before with { Key = now?.Key ?? before.Key });
            }
#pragma warning disable CA1031 // a pair in hand
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.NotSealed(logger, lease.Account, exception);
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>
    /// What only this run knows is told to the store although it is away now: until then the account is taken for one whose
    /// outcome is unknown, and its lease stops everybody. The caller does not wait; the lease's fence makes a late word harmless.
    /// </summary>
    private async Task<FreshCredential> SettledAsync(RefreshLease lease, Func<Task<FreshCredential>> settle)
    {
        try
        {
            return await settle();
        }
        catch (StorageUnavailableException)
        {
            _ = SettleLaterAsync(lease, settle);
            throw;
        }
    }

    private async Task SettleLaterAsync(RefreshLease lease, Func<Task<FreshCredential>> settle)
    {
        long began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < options.Value.RefreshTimeout + LeaseSlack)
        {
            await Task.Delay(PollEvery, time, CancellationToken.None);
            try
            {
                await settle();
                return;
            }
            catch (StorageUnavailableException)
            {
                // Still away.
            }
#pragma warning disable CA1031 // nobody waits for it: it is logged, and the lease's end comes by itself
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.NotSettled(logger, lease.Account, exception);
                return;
            }
        }
    }

    private async Task<TokenAnswer> RequestAsync(
        Connection connection,
        OAuthProfile profile,
        Secret refreshToken,
        TimeSpan timeout
    )
    {
        if (timeout <= TimeSpan.Zero)
        {
            return new TokenAnswer.Later("no time was left to ask the provider", null);
        }

        try
        {
            return profile.Grant == OAuthGrant.ClientCredentials
                ? await ownClients.AskAsync(connection, profile, connection.Scopes, refreshToken, timeout)
                : await endpoint.RequestTokensAsync(
                    connection,
                    profile,
                    [new("grant_type", "refresh_token"), new("refresh_token", refreshToken.RevealText())],
                    [],
                    timeout,
                    CancellationToken.None
                );
        }
        catch (SealBrokenException broken)
        {
            Log.ClientSecretUnreadable(logger, connection.Id, broken);
            return new TokenAnswer.Refused("invalid_client");
        }
    }

    private static string NameOf(TokenAnswer answer) =>
        answer switch
        {
            TokenAnswer.Granted => "refreshed",
            TokenAnswer.Refused { IsAboutTheClient: true } => "misconfigured",
            TokenAnswer.Refused => "refused",
            TokenAnswer.Later => "later",
            _ => "unknown",
        };

    /// <summary>There was nothing to read: the account ended, or the lease did.</summary>
    private async Task<FreshCredential> MissedAsync(AccountRefresh key)
    {
        ConnectedAccount? account = await accounts.FindAsync(key.Environment, key.Account, CancellationToken.None);
        return account is { Status: CredentialStatus.Active }
            ? new FreshCredential.Later("lease_lost", TimeSpan.FromSeconds(1))
            : new FreshCredential.Refused(account?.Reason ?? AccountReasons.Disconnected);
    }

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Critical, "The refresh token of {Account} does not open where it stands")]
        public static partial void Unreadable(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(2202, LogLevel.Critical, "The client secret of {Connection} does not open where it stands")]
        public static partial void ClientSecretUnreadable(ILogger logger, ConnectionId connection, Exception exception);

        [LoggerMessage(
            2203,
            LogLevel.Warning,
            "Whether {Account} was refreshed is unknown: {Description}; asking once more"
        )]
        public static partial void OutcomeUnknown(ILogger logger, AccountId account, string description);

        [LoggerMessage(2204, LogLevel.Error, "How the refresh of {Account} ended could not be recorded")]
        public static partial void NotSettled(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(2207, LogLevel.Critical, "The refreshed tokens of {Account} are received but not sealed yet")]
        public static partial void NotSealed(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(
            2210,
            LogLevel.Warning,
            "The provider states a lifetime for the tokens of {Account} that cannot be one: the connector's counts"
        )]
        public static partial void OddLifetime(ILogger logger, AccountId account);

        [LoggerMessage(2208, LogLevel.Error, "The refresh of {Account} broke off")]
        public static partial void BrokenOff(ILogger logger, AccountId account, Exception exception);
    }
}
