using Behalf.Connections;

namespace Behalf.Audit;

/// <summary>Says why a call that was allowed a moment before may not start, and what to do next.</summary>
internal static class StartRefusals
{
    public static Problem ProblemOf(CallIntent intent, StartResult.Refused refusal) =>
        refusal.Reason switch
        {
            StartRefusal.ClientRemoved => Unauthenticated(
                "client_removed",
                $"the API client {intent.Subject.Principal.ClientId} was removed or its secrets were ended; use a client that is enabled"
            ),
            StartRefusal.ClientChanged => new Problem(
                ProblemKind.FailedPrecondition,
                "client_changed",
                $"the limits of the API client {intent.Subject.Principal.ClientId} were changed while the call was prepared; repeat the call"
            ),
            StartRefusal.SessionEnded => Unauthenticated(
                "session_ended",
                $"the session of {intent.Subject.Identifier} has ended; ask the application for a new one"
            ),
            StartRefusal.UserSignedOut => Unauthenticated(
                "user_signed_out",
                $"{intent.Subject.Identifier} was signed out after this credential was issued; sign in again"
            ),
            StartRefusal.ConnectionChanged => new Problem(
                ProblemKind.FailedPrecondition,
                "connection_changed",
                $"connection \"{intent.ConnectionName}\" was changed while the call was prepared; list the tools again and repeat the call"
            ),
            StartRefusal.AccountNotActive => NotActive(intent, refusal.Account),
            StartRefusal.ScopesMissing => Problem.Forbidden(
                "scope_missing",
                $"{intent.Tool} is not available to {intent.Subject.Identifier}: the grant at \"{intent.ConnectionName}\" lacks {refusal.Missing ?? intent.NeededScopes}; reconnect with that scope"
            ),
            StartRefusal.KeyReused => Problem.Invalid(
                "idempotency_key_reused",
                $"this idempotency key was used for another call of {intent.Subject.Principal.ClientId}; one key means one user, tool and arguments, so use a new key"
            ),
            _ => throw new InvalidOperationException($"Unknown refusal {refusal.Reason}."),
        };

    private static Problem NotActive(CallIntent intent, ConnectedAccount? account)
    {
        string state = account is null ? "no longer ACTIVE" : Spell(account.State);
        string reason = account?.Reason is { Length: > 0 } known ? $" ({known})" : string.Empty;
        return new Problem(
            ProblemKind.FailedPrecondition,
            "account_not_active",
            $"the account of {intent.Subject.Identifier} at \"{intent.ConnectionName}\" is {state}{reason}; ask for a new authorization link and connect again"
        )
        {
            Reconnect = account?.State == AccountState.PendingVerification ? null : intent.ConnectionName,
        };
    }

    private static Problem Unauthenticated(string code, string message) =>
        new(ProblemKind.Unauthenticated, code, message);

    private static string Spell(AccountState state) =>
        state switch
        {
            AccountState.Active => "ACTIVE",
            AccountState.Expired => "EXPIRED",
            AccountState.PendingAuth => "PENDING_AUTH",
            AccountState.PendingVerification => "PENDING_VERIFICATION",
            AccountState.Disconnected => "DISCONNECTED",
            _ => throw new InvalidOperationException($"Unknown account state {state}."),
        };
}
