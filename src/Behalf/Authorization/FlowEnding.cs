using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Authorization;

/// <summary>Ends flows without a credential: code and verifier are destroyed, audit and (for accounts that never worked) an event say why.</summary>
internal sealed class FlowEnding(IFlowStore flows, IAccountStore accounts)
{
    /// <returns>False when the flow had moved on before.</returns>
    public Task<bool> FailAsync(
        AuthorizationFlow flow,
        ConnectionName connection,
        FlowFailure failure,
        CancellationToken cancellationToken
    )
    {
        AuditKind kind = failure.IsDenial ? AuditKind.Denial : AuditKind.Admin;
        AuditDraft record = flow.Record(
            connection,
            failure.Action,
            failure.Outcome,
            failure.Principal,
            failure.Detail,
            kind
        );
        AuthorizationFlow ended = flow with
        {
            Outcome = failure.Outcome,
            MismatchedIdentifier = failure.MismatchedIdentifier,
        };
        return EndAsync(ended, flow.Step, failure.Outcome, record, cancellationToken);
    }

    /// <summary>Of a flow past its expiry. Only one whose consent was given, and nobody confirmed, is news of the account.</summary>
    /// <returns>False when the flow had moved on before.</returns>
    public Task<bool> ExpireAsync(AuthorizationFlow flow, CancellationToken cancellationToken)
    {
        bool consented = flow.AuthRequest is not null;
        AuditDraft record = new()
        {
            Environment = flow.Environment,
            Kind = AuditKind.Admin,
            Action = "flow.expired",
            Identifier = flow.Identifier.Value,
            Principal = flow.CreatedBy,
            Account = flow.Account,
            Outcome = consented ? AccountReasons.NeverVerified : "not_finished",
        };
        AuthorizationFlow ended = flow with
        {
            Outcome = consented ? AccountReasons.NeverVerified : AccountReasons.NeverConnected,
        };
        string? told = consented ? AccountReasons.NeverVerified : null;
        return EndAsync(ended, flow.Step, told, record, cancellationToken);
    }

    /// <param name="told">What an account that never worked says of it; null: nothing.</param>
    private async Task<bool> EndAsync(
        AuthorizationFlow ended,
        FlowStep from,
        string? told,
        AuditDraft record,
        CancellationToken cancellationToken
    )
    {
        // A working or ended account keeps its own state.
        PendingReason? pending =
            told is not null
            && await accounts.FindAsync(ended.Environment, ended.Account, cancellationToken)
                is { Status: CredentialStatus.None } account
                ? new PendingReason(
                    account,
                    told,
                    account.Event(EventTypes.AccountStatusUpdated, AccountState.PendingAuth, told)
                )
                : null;
        return await flows.FailAsync(
            ended with
            {
                Step = FlowStep.Failed,
                CodeSealed = null,
                VerifierSealed = null,
            },
            from,
            pending,
            Traces.Of(record),
            cancellationToken
        );
    }
}

/// <summary>Why and by whom a flow ended.</summary>
internal sealed record FlowFailure(string Action, string Outcome)
{
    public bool IsDenial { get; init; }

    public string? Principal { get; init; }

    public string? Detail { get; init; }

    public string? MismatchedIdentifier { get; init; }
}

/// <summary>Reasons that only flows have; the others are <see cref="AccountReasons"/> or OAuth error codes.</summary>
internal static class FlowOutcomes
{
    public const string Cancelled = "cancelled";
    public const string ConnectionChanged = "connection_changed";
    public const string ConnectionMismatch = "connection_mismatch";
    public const string BrowserMismatch = "browser_mismatch";
    public const string IssuerMismatch = "issuer_mismatch";
    public const string InvalidResponse = "invalid_response";
    public const string ProviderUserChanged = "provider_user_changed";
    public const string AccountUrlRefused = "account_url_refused";
    public const string Stopped = "stopped";
    public const string Withdrawn = "withdrawn";
}
