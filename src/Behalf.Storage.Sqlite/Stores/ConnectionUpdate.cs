using Behalf.Connections;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>
/// Changes a connection; inside the caller's transaction. Conditions come first, by reading, so that the answer can say
/// which one did not hold.
/// </summary>
internal static class ConnectionUpdate
{
    /// <summary>Credentials, exchanges that are running, and tokens on their way out.</summary>
    private const string HeldTokens = """
        SELECT 1 FROM account
        WHERE environment_id = @environment AND connection_id = @id AND deleted_at IS NULL AND status IN (2, 3)
        UNION ALL
        SELECT 1 FROM authorization_flow WHERE environment_id = @environment AND connection_id = @id AND step = 4
        UNION ALL
        SELECT 1 FROM revocation_job WHERE environment_id = @environment AND connection_id = @id
        LIMIT 1
        """;

    public static ConnectionChanged Run(WriteContext context, Connection connection, bool moves)
    {
        var values = new
        {
            environment = connection.Environment.ToColumn(),
            id = connection.Id.ToColumn(),
            version = connection.RowVersion,
            name = connection.Name.Value,
            clientId = connection.ClientId,
            secret = connection.ClientSecretSealed,
            scopes = connection.Scopes.ToString(),
            baseUrl = connection.BaseUrl.OriginalString,
            oauthUrl = connection.OAuthUrl.OriginalString,
            allowedTools = ConnectionStore.ToolsOf(connection),
            enabled = connection.Enabled,
            proxy = (int?)connection.Proxy,
            revision = connection.ConnectorRevision,
        };
        if (
            context.Holds(
                """
                SELECT 1 FROM connection
                WHERE environment_id = @environment AND name = @name AND id <> @id AND deleted_at IS NULL
                """,
                values
            )
        )
        {
            return ConnectionChanged.NameTaken;
        }

        if (moves && context.Holds(HeldTokens, values))
        {
            return ConnectionChanged.HoldsTokens;
        }

        return context.ExecuteOne(
            """
            UPDATE connection
            SET name = @name, client_id = @clientId, client_secret_sealed = @secret, scopes = @scopes,
              base_url = @baseUrl, oauth_url = @oauthUrl, allowed_tools = @allowedTools, enabled = @enabled, proxy_mode = @proxy, connector_revision = @revision,
              policy_revision = policy_revision + 1, row_version = row_version + 1
            WHERE environment_id = @environment AND id = @id AND row_version = @version AND deleted_at IS NULL
            """,
            values
        )
            ? ConnectionChanged.Done
            : ConnectionChanged.Outdated;
    }
}
