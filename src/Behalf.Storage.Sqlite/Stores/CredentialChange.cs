using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Vault;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>How an account's credential moves on and how it goes; inside the caller's transaction.</summary>
internal static class CredentialChange
{
    private const string Unchanged = "unchanged";

    /// <summary>
    /// Inserts the next generation and makes it current by compare-and-set on the one it follows. The previous generation
    /// stays, older ones go.
    /// </summary>
    /// <returns>False when the account is gone, stopped or at another generation; nothing was written.</returns>
    public static bool Advance(
        WriteContext context,
        EnvironmentId environment,
        NewCredential next,
        ConnectionId connection,
        bool reconnects
    )
    {
        SealedCredential credential = next.Sealed;
        if (credential.Generation != next.Follows + 1)
        {
            throw new ArgumentException("A credential's generation is the one it follows plus one.", nameof(next));
        }

        byte[] environmentId = environment.ToColumn();
        byte[] account = next.Account.ToColumn();
        bool moved = context.ExecuteOne(
            """
            UPDATE account
            SET generation = @generation, status = 2, reason = NULL, granted_scopes = @scopes,
              scope_source = CASE WHEN @source = @unchanged THEN scope_source ELSE @source END,
              provider_user_key = coalesce(@userKey, provider_user_key),
              provider_user_name = coalesce(@userName, provider_user_name),
              updated_at = behalf_now(), row_version = row_version + 1
            WHERE environment_id = @environment AND id = @account AND connection_id = @connection
              AND generation = @follows AND deleted_at IS NULL AND (@reconnects OR status <> 4)
              AND EXISTS (
                SELECT 1 FROM end_user u
                WHERE u.environment_id = account.environment_id AND u.identifier = account.identifier
                  AND u.incarnation = account.incarnation AND u.deleted_at IS NULL)
            """,
            new
            {
                environment = environmentId,
                account,
                connection = connection.ToColumn(),
                follows = next.Follows,
                generation = credential.Generation,
                scopes = credential.GrantedScopes.ToString(),
                source = next.ScopeSource,
                unchanged = Unchanged,
                userKey = next.ProviderUserKey,
                userName = next.ProviderUserName,
                reconnects,
            }
        );
        if (moved)
        {
            Insert(context, environmentId, account, next);
        }

        return moved;
    }

    /// <summary>
    /// As <see cref="Advance"/>, for tokens that were not refreshed from the ones before: an account that ended comes back,
    /// and the fence grows, so that a refresh of the old grant that is on its way can no longer commit.
    /// </summary>
    public static bool Replace(
        WriteContext context,
        EnvironmentId environment,
        NewCredential next,
        ConnectionId connection
    )
    {
        if (!Advance(context, environment, next, connection, reconnects: true))
        {
            return false;
        }

        context.Execute(
            """
            INSERT INTO refresh_state (environment_id, account_id, fence, not_before, due_at)
            VALUES (@environment, @account, 1, @notBefore, @dueAt)
            ON CONFLICT DO UPDATE
            SET fence = fence + 1, owner = NULL, lease_until = NULL, attempt_id = NULL, attempt_at = NULL,
              attempt_state = 0, attempt_generation = 0, not_before = excluded.not_before, due_at = excluded.due_at
            """,
            new
            {
                environment = environment.ToColumn(),
                account = next.Account.ToColumn(),
                dueAt = next.RefreshDueAt?.ToColumn(),
                notBefore = next.RefreshNotBefore?.ToColumn(),
            }
        );
        return true;
    }

    /// <summary>Removes every generation, and overwrites the data key before its row goes.</summary>
    public static void Shred(WriteContext context, EnvironmentId environment, AccountId account)
    {
        var key = new { environment = environment.ToColumn(), account = account.ToColumn() };
        context.Execute("DELETE FROM credential WHERE environment_id = @environment AND account_id = @account", key);
        context.Execute(
            """
            UPDATE account_dek SET wrapped_key = zeroblob(length(wrapped_key))
            WHERE environment_id = @environment AND account_id = @account
            """,
            key
        );
        context.Execute("DELETE FROM account_dek WHERE environment_id = @environment AND account_id = @account", key);
        context.Shredded();
    }

    /// <summary>
    /// Sets the status of the stored credential. One that was disconnected stays so, and what is not active is never due.
    /// </summary>
    public static bool Mark(
        WriteContext context,
        EnvironmentId environment,
        AccountId account,
        long generation,
        CredentialStatus status,
        string? reason
    )
    {
        var values = new
        {
            environment = environment.ToColumn(),
            account = account.ToColumn(),
            generation,
            status = (long)status,
            reason,
        };
        bool marked = context.ExecuteOne(
            """
            UPDATE account
            SET status = @status, reason = @reason, updated_at = behalf_now(), row_version = row_version + 1
            WHERE environment_id = @environment AND id = @account AND generation = @generation AND deleted_at IS NULL
              AND (status <> 4 OR @status = 4)
            """,
            values
        );
        if (marked && status != CredentialStatus.Active)
        {
            context.Execute(
                "UPDATE refresh_state SET due_at = NULL WHERE environment_id = @environment AND account_id = @account",
                values
            );
        }

        return marked;
    }

    private static void Insert(WriteContext context, byte[] environment, byte[] account, NewCredential next)
    {
        SealedCredential credential = next.Sealed;
        var key = new
        {
            environment,
            account,
            wrappedKey = credential.Key.WrappedKey,
            ringKey = credential.Key.RingKey.ToColumn(),
        };
        // The same data key, wherever it stands: as it was wrapped when this was begun, or by the active ring key since.
        context.Execute(
            """
            INSERT INTO account_dek (environment_id, account_id, wrapped_key, ring_key_id)
            SELECT @environment, @account, @wrappedKey, @ringKey
            WHERE NOT EXISTS (SELECT 1 FROM key_ring WHERE id = @ringKey AND state = 3)
            ON CONFLICT DO UPDATE
            SET wrapped_key = excluded.wrapped_key, ring_key_id = excluded.ring_key_id
            WHERE NOT EXISTS (SELECT 1 FROM key_ring WHERE id = excluded.ring_key_id AND state <> 1)
            """,
            key
        );
        if (
            !context.Holds(
                "SELECT 1 FROM account_dek WHERE environment_id = @environment AND account_id = @account",
                key
            )
        )
        {
            throw new SealBrokenException("The account's key is wrapped by a ring key that was destroyed meanwhile.");
        }

        context.Execute(
            """
            INSERT INTO credential
              (environment_id, account_id, generation, access_sealed, refresh_sealed, extra_sealed, access_expires_at,
               refresh_expires_at, granted_scopes, created_at)
            VALUES
              (@environment, @account, @generation, @access, @refresh, @extra, @accessExpiresAt,
               @refreshExpiresAt, @scopes, behalf_now())
            """,
            new
            {
                environment,
                account,
                generation = credential.Generation,
                access = credential.AccessSealed,
                refresh = credential.RefreshSealed,
                extra = credential.ExtraSealed,
                accessExpiresAt = credential.AccessExpiresAt?.ToColumn(),
                refreshExpiresAt = credential.RefreshExpiresAt?.ToColumn(),
                scopes = credential.GrantedScopes.ToString(),
            }
        );
        context.Execute(
            """
            DELETE FROM credential
            WHERE environment_id = @environment AND account_id = @account AND generation < @follows
            """,
            new
            {
                environment,
                account,
                follows = next.Follows,
            }
        );
    }
}
