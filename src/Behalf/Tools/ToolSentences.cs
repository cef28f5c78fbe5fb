using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Tools;

/// <summary>Refusals before anything is sent: what is the case, for whom, and the one next step.</summary>
internal static class ToolSentences
{
    public static Problem NotConnected(ActingSubject subject, Connection connection) =>
        new(
            ProblemKind.FailedPrecondition,
            "not_connected",
            $"{subject.Identifier} has no account connected to \"{connection.Name}\". Create an authorization link and send {subject.Identifier} to it."
        )
        {
            Connection = connection.Name,
        };

    public static Problem NotActive(ConnectedAccount account)
    {
        string who = account.Identifier.Value;
        string where = account.ConnectionName.Value;
        string sentence = account.State switch
        {
            AccountState.PendingVerification =>
                $"{who} has not finished connecting \"{where}\": consent was given, but your application has not verified the user yet. Call VerifyConnectedAccountUser from the page the user is sent to.",
            AccountState.PendingAuth =>
                $"{who} has not finished connecting \"{where}\"{Because(account.Reason)}. Create an authorization link and send {who} to it.",
            AccountState.Expired =>
                $"{who}'s connection to \"{where}\" no longer works{Because(account.Reason)}. Ask {who} to reconnect with a new authorization link.",
            AccountState.Disconnected =>
                $"{who}'s connection to \"{where}\" was ended{Because(account.Reason)}. To use it again {who} must connect again with a new authorization link.",
            _ => $"{who}'s account at \"{where}\" cannot be used now. Try again.",
        };
        string state = NameOf(account.State);
        string reason = account.Reason is { } code ? $", {code}" : "";
        return new Problem(ProblemKind.FailedPrecondition, "account_not_active", $"{sentence} (status {state}{reason})")
        {
            Connection = account.ConnectionName,
        };
    }

    public static Problem ScopeMissing(OfferedTool tool, ConnectedAccount account)
    {
        ScopeSet missing = tool.Definition.NeededScopes.Except(account.GrantedScopes);
        string who = account.Identifier.Value;
        return Problem.Forbidden(
            "scope_missing",
            $"{tool.Name} is not available to {who}: the grant lacks {string.Join(", ", missing.Values)}. {who} can reconnect \"{account.ConnectionName}\" with that scope."
        ) with
        {
            Connection = account.ConnectionName,
        };
    }

    public static Problem Ambiguous(string name, IEnumerable<ScopedTool> found) =>
        new(
            ProblemKind.FailedPrecondition,
            "ambiguous_connection",
            $"{name} is offered by several connections: {string.Join(", ", found.Select(one => $"\"{one.Tool.Connection.Name}\""))}. Name the connection."
        );

    public static string NameOf(AccountState state) =>
        state switch
        {
            AccountState.Active => "ACTIVE",
            AccountState.Expired => "EXPIRED",
            AccountState.PendingAuth => "PENDING_AUTH",
            AccountState.PendingVerification => "PENDING_VERIFICATION",
            AccountState.Disconnected => "DISCONNECTED",
            _ => throw new InvalidOperationException($"Unknown state {state}."),
        };

    private static string Because(string? reason) =>
        reason switch
        {
            AccountReasons.NeverConnected => ": the authorization was never begun or never finished",
            AccountReasons.NeverVerified => ": the user was never verified in time",
            AccountReasons.VerificationMismatch =>
                ": another user than the one who began finished it, so nothing was stored",
            AccountReasons.CodeExpired => ": the consent was given too long before it was verified",
            AccountReasons.Revoked => " (revoked)",
            AccountReasons.RefreshRefused =>
                ": the provider refused the refresh (the application was removed there, or the user deactivated)",
            AccountReasons.NoRefreshToken => ": the access token has ended and the provider gave no refresh token",
            AccountReasons.CredentialRejected => ": the provider no longer accepts the credential that was typed in",
            AccountReasons.RotationLost or AccountReasons.RefreshOutcomeUnknown =>
                ": a refresh was interrupted and its outcome is unknown",
            AccountReasons.ScopesMissing => ": fewer scopes were granted than are needed",
            AccountReasons.CredentialUnreadable => ": the stored credential cannot be opened",
            _ => "",
        };

    public static string NameOfOutcome(Problem problem) =>
        problem.Code is "reconnect_required" or "account_not_active"
            ? CallOutcomes.ReconnectRequired
            : CallOutcomes.PlatformError;
}
