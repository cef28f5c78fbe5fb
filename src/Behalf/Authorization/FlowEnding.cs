using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Authorization;

/// <summary>Ends flows without a credential: code and verifier are destroyed, audit and (for accounts that never worked) an event say why.</summary>
internal sealed class FlowEnding(IFlowStore flows, IAccountStore accounts)
{
    /// <returns>False when the flow had moved on before.</returns>
    public async Task<bool> FailAsync(
        AuthorizationFlow flow,
        ConnectionName connection,
        FlowFailure failure,
        CancellationToken cancellationToken
    )
    {
        AuthorizationFlow ended = flow with
        {
            Step = FlowStep.Failed,
            Outcome = failure.Outcome,
            MismatchedIdentifier = failure.MismatchedIdentifier,
            CodeSealed = null,
            VerifierSealed = null,
        };
        AuditKind kind = failure.IsDenial ? AuditKind.Denial : AuditKind.Admin;
        AuditDraft record = flow.Record(
            connection,
            failure.Action,
            failure.Outcome,
            failure.Principal,
            failure.Detail,
            kind
        );
        if (!await flows.AdvanceAsync(ended, flow.Step, Traces.Of(record), cancellationToken))
        {
            return false;
        }

        await ExplainAsync(flow, failure.Outcome, cancellationToken);
        return true;
    }

    /// <summary>An account that never worked says why it is still pending; a working or ended one keeps its own state.</summary>
    public async Task ExplainAsync(AuthorizationFlow flow, string outcome, CancellationToken cancellationToken)
    {
        ConnectedAccount? account = await accounts.FindAsync(flow.Environment, flow.Account, cancellationToken);
        if (account is not { Status: CredentialStatus.None })
        {
            return;
        }

        Traces traces = Traces.None.With(
            account.Event(EventTypes.AccountStatusUpdated, AccountState.PendingAuth, outcome)
        );
        await accounts.MarkAsync(
            account,
            account.Generation,
            CredentialStatus.None,
            outcome,
            traces,
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
}
