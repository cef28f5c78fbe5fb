using Behalf.Authorization;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>A verified exchange commits: flow, credential, account and refresh state move together or not at all.</summary>
internal static class FlowSuccess
{
    public static bool Run(WriteContext context, AuthorizationFlow flow, NewCredential credential, Traces traces)
    {
        if (credential.Account != flow.Account)
        {
            throw new ArgumentException("The credential is of another account than the flow.", nameof(credential));
        }

        // The flow's own conditions come first, by reading: a condition that fails after a write would have to undo it.
        var values = new
        {
            environment = flow.Environment.ToColumn(),
            id = flow.Id.ToColumn(),
            account = flow.Account.ToColumn(),
        };
        if (
            !context.Holds(
                """
                SELECT 1 FROM authorization_flow
                WHERE environment_id = @environment AND id = @id AND account_id = @account AND step = 4
                """,
                values
            ) || !CredentialChange.Replace(context, flow.Environment, credential, flow.Connection)
        )
        {
            return false;
        }

        context.Execute(
            """
            UPDATE authorization_flow
            SET step = 5, outcome = NULL, code_sealed = NULL, verifier_sealed = NULL, exchange_owner = NULL
            WHERE environment_id = @environment AND id = @id
            """,
            values
        );
        context.Leave(traces);
        return true;
    }
}
