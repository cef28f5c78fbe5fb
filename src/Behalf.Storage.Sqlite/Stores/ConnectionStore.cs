using System.Text.Json;
using Behalf.Connections;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class ConnectionStore(SqliteDatabase database) : IConnectionStore
{
    private const string Select = """
        SELECT environment_id, id, name, connector, kind, connector_revision, tool_prefix, base_url, oauth_url, client_id,
          client_secret_sealed, scopes, allowed_tools, proxy_mode, policy_revision, enabled, created_at, row_version
        FROM connection
        """;

    public Task<string?> AddAsync(Connection connection, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                if (Taken(context, connection) is { } taken)
                {
                    return taken;
                }

                Insert(context, connection);
                context.Leave(traces);
                return null;
            },
            cancellationToken
        );

    public Task<Connection?> FindAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "connection",
            (environment, id),
            static (reader, key) =>
                Find(
                    reader,
                    "environment_id = @environment AND id = @id",
                    ("@environment", key.environment.ToColumn()),
                    ("@id", key.id.ToColumn())
                ),
            cancellationToken
        );

    public Task<Connection?> FindForRevocationAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection
                    .Find<ConnectionRow>(
                        $"""
                        {Select} WHERE environment_id = @environment AND id = @id
                          AND (deleted_at IS NULL OR client_secret_sealed IS NOT NULL)
                        """,
                        ("@environment", environment.ToColumn()),
                        ("@id", id.ToColumn())
                    )
                    ?.ToConnection(),
            cancellationToken
        );

    public Task<Connection?> FindByNameAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "connection by name",
            (environment, name),
            static (reader, key) =>
                Find(
                    reader,
                    "environment_id = @environment AND name = @name",
                    ("@environment", key.environment.ToColumn()),
                    ("@name", key.name.Value)
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync<(EnvironmentId, string), IReadOnlyList<Connection>>(
            "connections of prefixes",
            (environment, prefixes[^1]), // the longest, of which the others are the beginnings
            (reader, key) =>
                [
                    .. reader
                        .Rows<ConnectionRow>(
                            $"""
                            {Select} WHERE environment_id = @environment AND deleted_at IS NULL
                              AND tool_prefix IN (SELECT value FROM json_each(@prefixes))
                            ORDER BY name
                            """,
                            ("@environment", environment.ToColumn()),
                            ("@prefixes", JsonSerializer.Serialize([.. prefixes], StorageJson.Default.StringArray))
                        )
                        .Select(row => row.ToConnection()),
                ],
            cancellationToken
        );

    public Task<Connection?> FindForCallbackAsync(ConnectionId id, CancellationToken cancellationToken) =>
        database.RecallAsync(
            "connection of a callback",
            id,
            static (reader, id) => Find(reader, "id = @id", ("@id", id.ToColumn())),
            cancellationToken
        );

    public Task<Page<Connection>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                new PageQuery(Select, "connection", "environment_id = @environment AND deleted_at IS NULL", "id").Read<
                    ConnectionRow,
                    Connection
                >(
                    connection,
                    new DynamicParameters(new { environment = environment.ToColumn() }),
                    page,
                    row => row.ToConnection()
                ),
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        ConnectionId id,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                var key = new { environment = environment.ToColumn(), id = id.ToColumn() };
                // 2 and 3 hold a credential; a record without one goes with its connection.
                bool removed = context.ExecuteOne(
                    """
                    UPDATE connection
                    SET deleted_at = behalf_now(), enabled = 0,
                      client_secret_sealed = CASE WHEN EXISTS (
                        SELECT 1 FROM revocation_job WHERE environment_id = @environment AND connection_id = @id)
                        THEN client_secret_sealed END,
                      policy_revision = policy_revision + 1, row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND deleted_at IS NULL
                      AND NOT EXISTS (
                        SELECT 1 FROM account
                        WHERE environment_id = @environment AND connection_id = @id AND deleted_at IS NULL
                          AND status IN (2, 3))
                    """,
                    key
                );
                if (!removed)
                {
                    return false;
                }

                context.Execute(
                    """
                    UPDATE authorization_flow
                    SET step = 6, outcome = 'disconnected', code_sealed = NULL, verifier_sealed = NULL
                    WHERE environment_id = @environment AND connection_id = @id AND step < 5
                    """,
                    key
                );
                context.Execute(
                    "DELETE FROM connection_context WHERE environment_id = @environment AND connection_id = @id",
                    key
                );
                context.Execute(
                    """
                    UPDATE account SET deleted_at = behalf_now(), updated_at = behalf_now(), row_version = row_version + 1
                    WHERE environment_id = @environment AND connection_id = @id AND deleted_at IS NULL
                    """,
                    key
                );
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task<ConnectionChanged> ChangeAsync(
        Connection connection,
        bool moves,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                ConnectionChanged changed = ConnectionUpdate.Run(context, connection, moves);
                if (changed == ConnectionChanged.Done)
                {
                    context.Leave(traces);
                }

                return changed;
            },
            cancellationToken
        );

    public Task<string?> FindContextAsync(
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ExecuteScalar<string?>(
                    """
                    SELECT context FROM connection_context
                    WHERE environment_id = @environment AND connection_id = @id AND organization_id = @organization
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        organization,
                    }
                ),
            cancellationToken
        );

    public Task<bool> PutContextAsync(
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            writer =>
            {
                bool put = writer.ExecuteOne(
                    """
                    INSERT INTO connection_context (environment_id, connection_id, organization_id, context, updated_at)
                    SELECT @environment, @id, @organization, @context, behalf_now()
                    WHERE EXISTS (
                      SELECT 1 FROM connection WHERE environment_id = @environment AND id = @id AND deleted_at IS NULL)
                    ON CONFLICT DO UPDATE SET context = excluded.context, updated_at = excluded.updated_at
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        organization,
                        context,
                    }
                );
                if (put)
                {
                    writer.Leave(traces);
                }

                return put;
            },
            cancellationToken
        );

    private static Connection? Find(
        PreparedConnection reader,
        string where,
        params ReadOnlySpan<(string Name, object Value)> values
    ) => reader.Find<ConnectionRow>($"{Select} WHERE {where} AND deleted_at IS NULL", values)?.ToConnection();

    private static string? Taken(WriteContext context, Connection connection) =>
        context.Connection.QueryFirstOrDefault<string>(
            """
            SELECT CASE WHEN name = @name THEN 'name' ELSE 'tool_prefix' END FROM connection
            WHERE environment_id = @environment AND deleted_at IS NULL AND (name = @name OR tool_prefix = @prefix)
            ORDER BY name <> @name
            """,
            new
            {
                environment = connection.Environment.ToColumn(),
                name = connection.Name.Value,
                prefix = connection.ToolPrefix,
            }
        );

    internal static string? ToolsOf(Connection connection) =>
        connection.AllowedTools is { } tools
            ? JsonSerializer.Serialize([.. tools], StorageJson.Default.StringArray)
            : null;

    private static void Insert(WriteContext context, Connection connection) =>
        context.Execute(
            """
            INSERT INTO connection
              (environment_id, id, name, connector, kind, connector_revision, tool_prefix, base_url, oauth_url, client_id,
               client_secret_sealed, scopes, allowed_tools, proxy_mode, policy_revision, enabled, created_at, row_version)
            VALUES
              (@environment, @id, @name, @connector, @kind, @revision, @prefix, @baseUrl, @oauthUrl, @clientId,
               @secret, @scopes, @allowedTools, @proxy, @policyRevision, @enabled, @createdAt, @rowVersion)
            """,
            new
            {
                environment = connection.Environment.ToColumn(),
                id = connection.Id.ToColumn(),
                name = connection.Name.Value,
                connector = connection.Connector,
                kind = (long)connection.Kind,
                revision = connection.ConnectorRevision,
                prefix = connection.ToolPrefix,
                baseUrl = connection.BaseUrl.OriginalString,
                oauthUrl = connection.OAuthUrl.OriginalString,
                clientId = connection.ClientId,
                secret = connection.ClientSecretSealed,
                scopes = connection.Scopes.ToString(),
                allowedTools = ToolsOf(connection),
                proxy = (int?)connection.Proxy,
                policyRevision = connection.PolicyRevision,
                enabled = connection.Enabled,
                createdAt = connection.CreatedAt.ToColumn(),
                rowVersion = connection.RowVersion,
            }
        );
}
