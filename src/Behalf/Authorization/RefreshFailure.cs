using System.Collections.Concurrent;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>Records how a refresh ended without new tokens, and what that means for the account.</summary>
internal sealed partial class RefreshFailure(
    IRefreshStore store,
    IAccountStore accounts,
    IAudit audit,
    RefreshSchedule schedule,
    TimeProvider time,
    ILogger<RefreshFailure> logger
)
{
    public const string ProviderUnavailable = "provider_unavailable";

    private static readonly TimeSpan MisconfiguredPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AlarmEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<ConnectionId, DateTimeOffset> _alarms = new();

    public async Task<FreshCredential> RecordAsync(
        RefreshLease lease,
        RefreshSubject subject,
        Connection connection,
        TokenAnswer answer,
        SentRefresh sent
    )
    {
        switch (answer)
        {
            case TokenAnswer.Refused { Error: "invalid_grant" }:
                string reason = sent.IsProbe ? AccountReasons.RefreshOutcomeUnknown : AccountReasons.RefreshRefused;
                return await ExpireAsync(lease, subject, RefreshAttemptState.Refused, reason);
            case TokenAnswer.Refused { IsAboutTheClient: true } refused:
                FreshCredential misconfigured = await LaterAsync(
                    lease,
                    sent.IsProbe,
                    "connection_misconfigured",
                    MisconfiguredPause
                );
                await AlarmAsync(connection, refused.Error);
                return misconfigured;
            case TokenAnswer.Refused refused:
                Log.Odd(logger, lease.Account, refused.Error);
                return await LaterAsync(lease, sent.IsProbe, refused.Error, BackOff(subject, null));
            case TokenAnswer.Later later:
                Log.Later(logger, lease.Account, later.Description);
                return await LaterAsync(
                    lease,
                    sent.IsProbe || later.MayBeCarriedOut && sent.Rotates,
                    ProviderUnavailable,
                    BackOff(subject, later.RetryAfter)
                );
            case TokenAnswer.Unknown unknown:
                Log.Unknown(logger, lease.Account, unknown.Description);
                return await UnknownAsync(lease, subject, sent);
            default:
                throw new InvalidOperationException($"Unknown token answer {answer.GetType().Name}.");
        }
    }

    /// <summary>
    /// The one probe of a provider that rotates was the last request with this token: the access token is used to its end, and
    /// then the user is told why. Others are asked again: it does no harm.
    /// </summary>
    private Task<FreshCredential> UnknownAsync(RefreshLease lease, RefreshSubject subject, SentRefresh sent)
    {
        bool isLast = sent is { IsProbe: true, Rotates: true };
        return isLast && (!sent.MayStillWork || schedule.HasEnded(subject.Credential))
            ? ExpireAsync(lease, subject, RefreshAttemptState.Probed, AccountReasons.RefreshOutcomeUnknown)
            : LaterAsync(
                lease,
                isLast ? RefreshAttemptState.Probed : RefreshAttemptState.Unknown,
                AccountReasons.RefreshOutcomeUnknown,
                BackOff(subject, null)
            );
    }

    /// <summary>The user must reconnect: said once, by an event and an audit record.</summary>
    public async Task<FreshCredential> ExpireAsync(
        RefreshLease lease,
        RefreshSubject subject,
        RefreshAttemptState state,
        string reason
    )
    {
        ConnectedAccount account = subject.Account;
        Traces traces = Traces
            .Of(account.Record("account.expired", "system", reason))
            .With(
                account.Event(EventTypes.TokenRefreshFailed, AccountState.Expired, reason),
                account.Event(EventTypes.AccountStatusUpdated, AccountState.Expired, reason)
            );
        if (
            await store.FailAsync(
                lease,
                state,
                CredentialStatus.Expired,
                reason,
                TimeSpan.Zero,
                traces,
                CancellationToken.None
            )
        )
        {
            return new FreshCredential.Refused(reason);
        }

        // The lease or the account moved meanwhile: what stands there now is the truth.
        ConnectedAccount? now = await accounts.FindAsync(lease.Environment, lease.Account, CancellationToken.None);
        return now is { Status: CredentialStatus.Active }
            ? new FreshCredential.Later("lease_lost", TimeSpan.FromSeconds(1))
            : new FreshCredential.Refused(now?.Reason ?? AccountReasons.Disconnected);
    }

    /// <summary>The attempt that was committed last was certainly not sent.</summary>
    /// <param name="isProbe">What one before it led to is unknown as before.</param>
    public async Task<FreshCredential> UnsentAsync(RefreshLease lease, bool isProbe)
    {
        await LaterAsync(lease, isProbe, TokenRefresher.Busy.Reason, TimeSpan.Zero);
        return TokenRefresher.Busy;
    }

    /// <summary>The request ended by a failure of our own. Nobody can say how far it came.</summary>
    public Task<FreshCredential> BrokenOffAsync(RefreshLease lease, RefreshSubject subject, SentRefresh sent) =>
        LaterAsync(lease, sent.IsProbe || sent.Rotates, "refresh_failed", BackOff(subject, null));

    private Task<FreshCredential> LaterAsync(RefreshLease lease, bool isUnknown, string reason, TimeSpan pause) =>
        LaterAsync(lease, isUnknown ? RefreshAttemptState.Unknown : RefreshAttemptState.NotCarriedOut, reason, pause);

    private async Task<FreshCredential> LaterAsync(
        RefreshLease lease,
        RefreshAttemptState state,
        string reason,
        TimeSpan pause
    )
    {
        await store.FailAsync(lease, state, null, null, pause, Traces.None, CancellationToken.None);
        return new FreshCredential.Later(reason, pause);
    }

    private TimeSpan BackOff(RefreshSubject subject, TimeSpan? asked) =>
        schedule.BackOff(
            subject.Credential,
            subject.LastAttemptGeneration == subject.Credential.Generation
            && subject.LastAttempt is not (RefreshAttemptState.None or RefreshAttemptState.Succeeded)
                ? subject.NotBefore - subject.AttemptAt
                : null,
            asked
        );

    /// <summary>The connection's OAuth client is refused: one record an hour, no account is touched.</summary>
    private async Task AlarmAsync(Connection connection, string error)
    {
        Log.ClientRefused(logger, connection.Id, error);
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset last = _alarms.GetOrAdd(connection.Id, DateTimeOffset.MinValue);
        if (last != DateTimeOffset.MinValue && now - last < AlarmEvery || !_alarms.TryUpdate(connection.Id, now, last))
        {
            return;
        }

        Result<Done> told = await audit.RecordAsync(
            new AuditDraft
            {
                Environment = connection.Environment,
                Kind = AuditKind.Admin,
                Action = "connection.client_refused",
                Principal = "system",
                Connection = connection.Name.Value,
                Outcome = error,
            },
            CancellationToken.None
        );
        if (!told.Succeeded)
        {
            // The next one to be refused tells it.
            Log.AlarmNotRecorded(logger, connection.Id, told.Problem!.Code);
            _alarms.TryUpdate(connection.Id, last, now);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2221, LogLevel.Error, "The provider refuses the OAuth client of {Connection}: {Error}")]
        public static partial void ClientRefused(ILogger logger, ConnectionId connection, string error);

        [LoggerMessage(2225, LogLevel.Warning, "That the client of {Connection} is refused is not recorded: {Problem}")]
        public static partial void AlarmNotRecorded(ILogger logger, ConnectionId connection, string problem);

        [LoggerMessage(2222, LogLevel.Warning, "The provider answered the refresh of {Account} with {Error}")]
        public static partial void Odd(ILogger logger, AccountId account, string error);

        [LoggerMessage(2223, LogLevel.Warning, "{Account} is not refreshed yet: {Description}")]
        public static partial void Later(ILogger logger, AccountId account, string description);

        [LoggerMessage(2224, LogLevel.Warning, "Whether {Account} was refreshed is unknown: {Description}")]
        public static partial void Unknown(ILogger logger, AccountId account, string description);
    }
}

/// <summary>A request with a refresh token, as its outcome is to be judged.</summary>
/// <param name="IsProbe">An earlier one with the same token may have been carried out.</param>
/// <param name="Rotates">The provider: a token that was used may be worth nothing.</param>
/// <param name="MayStillWork">The access token in place.</param>
internal sealed record SentRefresh(bool IsProbe, bool Rotates, bool MayStillWork);
