using Behalf.Connections;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Keeps what the person brought (the provider's code, or a credential typed in) sealed with the flow until the
/// application has confirmed the person, and says where the browser goes.
/// </summary>
internal sealed class ReceivedGrant(
    IFlowStore flows,
    IAccountStore accounts,
    Verification verification,
    IVault vault,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    /// <param name="flow">At the step it is expected to stand at.</param>
    /// <param name="grant">The code, or the credential.</param>
    /// <param name="action">What the audit calls it.</param>
    /// <returns>Null when the flow has moved on meanwhile.</returns>
    public async Task<Result<CallbackResult>?> KeepAsync(
        AuthorizationFlow flow,
        FlowContext context,
        Secret grant,
        string action,
        CancellationToken cancellationToken
    )
    {
        bool typed = flow.Mode == VerifyMode.Application && flow.VerifyUrl is null;
        string requestId = typed ? OneTimeCode.New() : RandomToken.New();
        TimeSpan left =
            context.Profile.CodeLifetime < options.Value.LinkLifetime
                ? context.Profile.CodeLifetime
                : options.Value.LinkLifetime;
        AuthorizationFlow waiting = flow with
        {
            Step = FlowStep.AwaitingVerification,
            AuthRequest = Verification.DigestOf(requestId),
            CodeSealed = vault.Seal(flow.CodePlace(), grant),
            ExpiresAt = time.GetUtcNow() + left,
        };
        Traces traces = Traces.Of(flow.Record(context.Connection.Name, action));
        ConnectedAccount? account = await accounts.FindAsync(flow.Environment, flow.Account, cancellationToken);
        if (account is { State: not AccountState.Active and not AccountState.PendingVerification })
        {
            traces = traces.With(account.Event(EventTypes.AccountStatusUpdated, AccountState.PendingVerification));
        }

        if (!await flows.AdvanceAsync(waiting, flow.Step, traces, cancellationToken))
        {
            return null;
        }

        Milestone.Reached(Milestone.CodeStored, flow.Id.ToString());
        if (flow.Mode is VerifyMode.None or VerifyMode.Hosted)
        {
            // Nobody confirms; or our own sign-in just did, at the door that brought the grant here.
            Result<Uri> connected = await verification.ExchangeAsync(waiting, cancellationToken);
            return connected.To<CallbackResult>(_ => new CallbackResult.Connected());
        }

        return typed
            ? new CallbackResult.ShowCode(requestId, waiting.ExpiresAt)
            : new CallbackResult.ToApplication(VerifyUrl.Append(flow.VerifyUrl!, requestId, flow.AppState));
    }
}
