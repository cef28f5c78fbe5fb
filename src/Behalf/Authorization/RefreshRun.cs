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

    public async Task<FreshCredential> RunAsync(
        AccountRefresh key,
        long knownGeneration,
        Connection connection,
        FreshenReason reason
    )
    {
        using var deadline = new Deadline(time, options.Value.RefreshTimeout);
        DateTimeOffset began = time.GetUtcNow();
        OAuthProfile profile = (await catalog.GetAsync(connection.ConnectorRevision, CancellationToken.None)).OAuth;
        while (true)
        {
            RefreshLease? lease = await LeaseAsync(key, profile);
            if (lease is not null)
            {
                Milestone.Reached(Milestone.RefreshLeaseTaken, key.Account.ToString());
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
                return await RefusedAsync(key);
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
        return await store.AcquireAsync(key.Environment, key.Account, duration, CancellationToken.None)
            ?? (
                RefreshDecision.MayProbeAtOnce(profile)
                    ? await store.OvertakeAsync(key.Environment, key.Account, duration, CancellationToken.None)
                    : null
            );
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
                return await RefusedAsync(new AccountRefresh(lease.Environment, lease.Account));
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
                    isReleased = await failure.HoldBackAsync(lease, subject, pause);
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
                    return await failure.ExpireAsync(lease, subject, RefreshAttemptState.NotCarriedOut, expire.Reason);
                case RefreshDecision.Send send:
                    isReleased = true;
                    return await SendAsync(lease, subject, connection, profile, send.IsProbe, deadline);
                default:
                    throw new InvalidOperationException($"Unknown decision {decision.GetType().Name}.");
            }
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

    /// <summary>Sends, and once more if nothing tells whether the first was carried out and asking again does no harm.</summary>
    private async Task<FreshCredential> SendAsync(
        RefreshLease lease,
        RefreshSubject subject,
        Connection connection,
        OAuthProfile profile,
        bool isProbe,
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
            bool mayAskTwice = !isProbe && RefreshDecision.MayProbeAtOnce(profile);
            while (true)
            {
                try
                {
                    if (!await store.AttemptAsync(lease, subject.Credential.Generation, CancellationToken.None))
                    {
                        await store.ReleaseAsync(lease, CancellationToken.None);
                        return new FreshCredential.Later("lease_lost", TimeSpan.FromSeconds(1));
                    }
                }
                catch (StorageUnavailableException)
                {
                    // The attempt may stand there although nothing was sent; nobody else can know that.
                    return await SettledAsync(
                        lease,
                        async () =>
                        {
                            if (isProbe)
                            {
                                var unsent = new TokenAnswer.Unknown("asking once more could not be recorded");
                                return await failure.RecordAsync(lease, subject, connection, unsent, isProbe);
                            }

                            await failure.HoldBackAsync(lease, subject, TimeSpan.Zero);
                            return TokenRefresher.Busy;
                        }
                    );
                }

                Milestone.Reached(Milestone.RefreshAttemptCommitted, lease.Account.ToString());
                DateTimeOffset asked = clock.UtcNow;
                TimeSpan timeout = mayAskTwice ? deadline.Left / 2 : deadline.Left;
                long sent = time.GetTimestamp();
                TokenAnswer answer = await RequestAsync(connection, profile, refreshToken, timeout);
                Telemetry.Refreshed(connection.Connector, NameOf(answer), time.GetElapsedTime(sent));
                switch (answer)
                {
                    case TokenAnswer.Granted { Tokens: var tokens }:
                        using (tokens)
                        {
                            Milestone.Reached(Milestone.RefreshTokensReceived, lease.Account.ToString());
                            NewCredential next = granted.Make(
                                subject.Account with
                                {
                                    Generation = subject.Credential.Generation,
                                },
                                subject.Credential.Key,
                                connection,
                                profile,
                                tokens,
                                asked,
                                subject.Credential,
                                refreshToken
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

                    case TokenAnswer.Unknown unknown when mayAskTwice:
                        Log.OutcomeUnknown(logger, lease.Account, unknown.Description);
                        (mayAskTwice, isProbe) = (false, true);
                        break;
                    default:
                        return await SettledAsync(
                            lease,
                            () => failure.RecordAsync(lease, subject, connection, answer, isProbe)
                        );
                }
            }
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

    private async Task<FreshCredential> RefusedAsync(AccountRefresh key)
    {
        ConnectedAccount? account = await accounts.FindAsync(key.Environment, key.Account, CancellationToken.None);
        return new FreshCredential.Refused(account?.Reason ?? AccountReasons.Disconnected);
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
    }
}
