using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>
/// Ends the use of an account in one transaction, then waits until every call that saw the old state has its intent; none
/// after that sees it.
/// </summary>
internal static class AccountStop
{
    public static async Task<bool> RunAsync(
        WriteContext context,
        ConnectedAccount account,
        long expected,
        bool delete,
        string reason,
        RevocationJob? job,
        Traces traces
    )
    {
        var values = new
        {
            environment = account.Environment.ToColumn(),
            account = account.Id.ToColumn(),
            connection = account.Connection.ToColumn(),
            expected,
            delete,
            reason,
            job = job?.Id.ToColumn(),
            generation = account.Generation,
            proof = job is null ? "nothing_to_revoke" : null,
        };
        bool stopped = await context.ExecuteOneAsync(
            """
            UPDATE account
            SET status = 4, reason = @reason, updated_at = behalf_now(), row_version = row_version + 1,
              deleted_at = CASE WHEN @delete THEN behalf_now() END
            WHERE environment_id = @environment AND id = @account AND row_version = @expected AND deleted_at IS NULL
            """,
            values
        );
        if (!stopped)
        {
            return false;
        }

        await CredentialChange.ShredAsync(context, account.Environment, account.Id);

        // The fence grows: a refresh that is on its way can no longer commit.
        await context.ExecuteAsync(
            """
            UPDATE refresh_state
            SET fence = fence + 1, owner = NULL, lease_until = NULL, due_at = NULL, not_before = NULL, attempt_state = 0
            WHERE environment_id = @environment AND account_id = @account
            """,
            values
        );
        await context.ExecuteAsync(
            """
            UPDATE authorization_flow SET step = 6, outcome = @reason, code_sealed = NULL, verifier_sealed = NULL
            WHERE environment_id = @environment AND account_id = @account AND step < 5
            """,
            values
        );
        if (job is not null)
        {
            await RevocationStore.InsertAsync(context, job);
        }

        await context.ExecuteAsync(
            """
            INSERT INTO revocation_ledger
              (environment_id, job_id, account_id, connection_id, generation, stopped_at, finished_at, proof)
            VALUES
              (@environment, @job, @account, @connection, @generation, behalf_now(),
               CASE WHEN @proof IS NULL THEN NULL ELSE behalf_now() END, @proof)
            """,
            values
        );
        context.Leave(traces);
        context.Withdraw();
        return true;
    }
}
