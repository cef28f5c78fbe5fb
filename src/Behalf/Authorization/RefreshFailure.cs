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
    private static readonly TimeSpan MisconfiguredPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AlarmEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<ConnectionId, DateTimeOffset> _alarms = new();

    public async Task<FreshCredential> RecordAsync(
        RefreshLease lease,
        RefreshSubject subject,
        Connection connection,
        TokenAnswer answer,
        bool isProbe
    )
    {
        switch (answer)
        {
            case TokenAnswer.Refused { Error: "invalid_grant" }:
                string reason = isProbe ? AccountReasons.RefreshOutcomeUnknown : AccountReasons.RefreshRefused;
                return await ExpireAsync(lease, subject, RefreshAttemptState.Refused, reason);
            case TokenAnswer.Refused { IsAboutTheClient: true } refused:
                await AlarmAsync(connection, refused.Error);
                return await LaterAsync(lease, subject, isProbe, "connection_misconfigured", MisconfiguredPause);
            case TokenAnswer.Refused refused:
                Log.Odd(logger, lease.Account, refused.Error);
                return await LaterAsync(lease, subject, isProbe, refused.Error, BackOff(subject, null));
            case TokenAnswer.Later later:
                Log.Later(logger, lease.Account, later.Description);
                return await LaterAsync(
                    lease,
                    subject,
                    isProbe,
                    "provider_unavailable",
                    BackOff(subject, later.RetryAfter)
                );
            case TokenAnswer.Unknown unknown:
                Log.Unknown(logger, lease.Account, unknown.Description);
                return await LaterAsync(lease, subject, true, "refresh_outcome_unknown", BackOff(subject, null));
            default:
                throw new InvalidOperationException($"Unknown token answer {answer.GetType().Name}.");
        }
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

    /// <summary>Nothing to do before <paramref name="pause"/> has passed; what is known of the last attempt stays.</summary>
    /// <returns>True: the lease is released.</returns>
    public Task<bool> HoldBackAsync(RefreshLease lease, RefreshSubject subject, TimeSpan pause) =>
        store.FailAsync(
            lease,
            subject.LastAttempt is RefreshAttemptState.Sent or RefreshAttemptState.Unknown
                ? RefreshAttemptState.Unknown
                : RefreshAttemptState.NotCarriedOut,
            null,
            null,
            pause > TimeSpan.Zero ? pause : TimeSpan.Zero,
            Traces.None,
            CancellationToken.None
        );

    private async Task<FreshCredential> LaterAsync(
        RefreshLease lease,
        RefreshSubject subject,
        bool isUnknown,
        string reason,
        TimeSpan pause
    )
    {
        await store.FailAsync(
            lease,
            isUnknown ? RefreshAttemptState.Unknown : RefreshAttemptState.NotCarriedOut,
            null,
            null,
            pause,
            Traces.None,
            CancellationToken.None
        );
        return new FreshCredential.Later(reason, pause);
    }

    private TimeSpan BackOff(RefreshSubject subject, TimeSpan? asked) => schedule.BackOff(subject.Credential, asked);

    /// <summary>The connection's OAuth client is refused: one alarm an hour, no account is touched.</summary>
    private async Task AlarmAsync(Connection connection, string error)
    {
        Log.ClientRefused(logger, connection.Id, error);
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset last = _alarms.GetOrAdd(connection.Id, DateTimeOffset.MinValue);
        if (last != DateTimeOffset.MinValue && now - last < AlarmEvery || !_alarms.TryUpdate(connection.Id, now, last))
        {
            return;
        }

        await audit.RecordAsync(
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
    }

    private static partial class Log
    {
        [LoggerMessage(2221, LogLevel.Error, "The provider refuses the OAuth client of {Connection}: {Error}")]
        public static partial void ClientRefused(ILogger logger, ConnectionId connection, string error);

        [LoggerMessage(2222, LogLevel.Warning, "The provider answered the refresh of {Account} with {Error}")]
        public static partial void Odd(ILogger logger, AccountId account, string error);

        [LoggerMessage(2223, LogLevel.Warning, "{Account} is not refreshed yet: {Description}")]
        public static partial void Later(ILogger logger, AccountId account, string description);

        [LoggerMessage(2224, LogLevel.Warning, "Whether {Account} was refreshed is unknown: {Description}")]
        public static partial void Unknown(ILogger logger, AccountId account, string description);
    }
}
