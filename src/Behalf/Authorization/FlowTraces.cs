using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Authorization;

/// <summary>What the connect flow and the life of a credential leave in audit and events: public facts, no secret.</summary>
internal static class FlowTraces
{
    public static AuditDraft Record(
        this AuthorizationFlow flow,
        ConnectionName connection,
        string action,
        string? outcome = null,
        string? principal = null,
        string? detail = null,
        AuditKind kind = AuditKind.Admin
    ) =>
        new()
        {
            Environment = flow.Environment,
            Kind = kind,
            Action = action,
            Identifier = flow.Identifier.Value,
            Principal = principal ?? flow.CreatedBy,
            Connection = connection.Value,
            Account = flow.Account,
            Decision = kind == AuditKind.Denial ? "deny" : null,
            Outcome = outcome,
            Detail = detail,
        };

    public static EventDraft Event(
        this AuthorizationFlow flow,
        ConnectionName connection,
        string type,
        AccountState state,
        AccountState? old = null
    ) => new(flow.Environment, type, flow.Account, Facts(flow.Account, flow.Identifier, connection, state, old, null));

    public static EventDraft Event(
        this ConnectedAccount account,
        string type,
        AccountState state,
        string? reason = null
    ) =>
        new(
            account.Environment,
            type,
            account.Id,
            Facts(
                account.Id,
                account.Identifier,
                account.ConnectionName,
                state,
                type == EventTypes.AccountStatusUpdated ? account.State : null,
                reason
            )
        );

    public static AuditDraft Record(
        this ConnectedAccount account,
        string action,
        string principal,
        string? outcome = null,
        string? detail = null
    ) =>
        new()
        {
            Environment = account.Environment,
            Kind = AuditKind.Admin,
            Action = action,
            Identifier = account.Identifier.Value,
            Principal = principal,
            Connection = account.ConnectionName.Value,
            Account = account.Id,
            Outcome = outcome,
            Detail = detail,
        };

    private static Dictionary<string, string> Facts(
        AccountId account,
        Identifier identifier,
        ConnectionName connection,
        AccountState state,
        AccountState? old,
        string? reason
    )
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["id"] = account.ToString(),
            ["identifier"] = identifier.Value,
            ["connection"] = connection.Value,
            ["status"] = Spell(state),
        };
        if (old is { } before)
        {
            facts["old_status"] = Spell(before);
        }

        if (reason is not null)
        {
            facts["reason"] = reason;
        }

        return facts;
    }

    public static string Spell(AccountState state) =>
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
