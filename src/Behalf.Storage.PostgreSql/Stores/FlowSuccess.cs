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
        };
        // The account before its flow, as everywhere; a flow that moved meanwhile takes the account's change with it.
        if (!await CredentialChange.ReplaceAsync(context, flow.Environment, credential, flow.Connection))
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

        context.Leave(traces);
        return true;
    }
}
