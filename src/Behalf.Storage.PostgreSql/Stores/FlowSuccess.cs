using Behalf.Authorization;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>A verified exchange commits: flow, credential, account and refresh state move together or not at all.</summary>
internal static class FlowSuccess
{
    public static async Task<bool> RunAsync(
        WriteContext context,
        AuthorizationFlow flow,
        NewCredential credential,
        Traces traces
    )
    {
        if (credential.Account != flow.Account)
        {
            throw new ArgumentException("The credential is of another account than the flow.", nameof(credential));
        }

        var values = new
        {
            environment = flow.Environment.ToColumn(),
            id = flow.Id.ToColumn(),
            account = flow.Account.ToColumn(),
            dueAt = credential.RefreshDueAt?.ToColumn(),
            notBefore = credential.RefreshNotBefore?.ToColumn(),
        };
        // The account before its flow, as everywhere; a flow that moved meanwhile takes the account's change with it.
        if (
            !await CredentialChange.AdvanceAsync(
                context,
                flow.Environment,
                credential,
                flow.Connection,
                reconnects: true
            )
        )
        {
            return false;
        }

        bool succeeded = await context.ExecuteOneAsync(
            """
            UPDATE authorization_flow
            SET step = 5, outcome = NULL, code_sealed = NULL, verifier_sealed = NULL, exchange_owner = NULL
            WHERE environment_id = @environment AND id = @id AND account_id = @account AND step = 4
            """,
            values
        );
        if (!succeeded)
        {
            context.Undo();
            return false;
        }

        // The fence grows: a refresh of the old grant that is on its way can no longer commit.
        await context.ExecuteAsync(
            """
            INSERT INTO refresh_state (environment_id, account_id, fence, not_before, due_at)
            VALUES (@environment, @account, 1, @notBefore, @dueAt)
            ON CONFLICT (environment_id, account_id) DO UPDATE
            SET fence = refresh_state.fence + 1, owner = NULL, lease_until = NULL, attempt_id = NULL, attempt_state = 0,
              attempt_generation = 0, not_before = excluded.not_before, due_at = excluded.due_at
            """,
            values
        );
        context.Leave(traces);
        return true;
    }
}
