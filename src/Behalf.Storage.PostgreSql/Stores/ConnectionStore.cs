using System.Text.Json;
using Behalf.Connections;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ConnectionStore(PostgreSqlDatabase database) : IConnectionStore
{
    private const string Select = """
        SELECT environment_id, id, name, connector, kind, connector_revision, tool_prefix, base_url, oauth_url, client_id,
          client_secret_sealed, scopes, allowed_tools, proxy_mode, policy_revision, enabled, created_at, row_version
        FROM connection
        """;

    public Task<string?> AddAsync(Connection connection, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                if (await TakenAsync(context, connection) is { } taken)
                {
                    return taken;
                }

                if (!await InsertAsync(context, connection))
                {
                    // Another transaction was first, and is committed by now.
                    return await TakenAsync(context, connection)
                        ?? throw new InvalidOperationException("A connection can neither be added nor is it taken.");
                }

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
        FindAsync(
            (environment, id),
            "environment_id = $1 AND id = $2",
            cancellationToken,
            environment.ToColumn(),
            id.ToColumn()
        );

    public async Task<Connection?> FindForRevocationAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) =>
        (
            await database.FindAsync<ConnectionRow>(
                $"""
                {Select} WHERE environment_id = $1 AND id = $2
                  AND (deleted_at IS NULL OR client_secret_sealed IS NOT NULL)
                """,
                cancellationToken,
                environment.ToColumn(),
                id.ToColumn()
            )
        )?.ToConnection();

    public Task<Connection?> FindByNameAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) =>
        FindAsync(
            (environment, name),
            "environment_id = $1 AND name = $2",
            cancellationToken,
            environment.ToColumn(),
            name.Value
        );

    public Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync<IReadOnlyList<Connection>>(
            "connections of prefixes",
            (environment, prefixes[^1]), // the longest, of which the others are the beginnings
            user: null,
            async () =>
                [
                    .. (
                        await database.QueryAsync<ConnectionRow>(
                            $"""
                            {Select} WHERE environment_id = $1 AND deleted_at IS NULL AND tool_prefix = ANY($2)
                            ORDER BY name
                            """,
                            cancellationToken,
                            environment.ToColumn(),
                            prefixes.ToArray()
                        )
                    ).Select(row => row.ToConnection()),
                ],
            cancellationToken
        );

    public Task<Connection?> FindForCallbackAsync(ConnectionId id, CancellationToken cancellationToken) =>
        FindAsync(id, "id = $1", cancellationToken, id.ToColumn());

    public Task<Page<Connection>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session =>
                new PageQuery(
                    Select,
                    "connection",
                    "environment_id = @environment AND deleted_at IS NULL",
                    "id"
                ).ReadAsync<ConnectionRow, Connection>(
                    session,
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
            async context =>
            {
                var key = new { environment = environment.ToColumn(), id = id.ToColumn() };
                // Accounts after their connection, as everywhere; held, so that none becomes active meanwhile.
                await context.ExecuteAsync(
                    """
                    SELECT 1 FROM connection WHERE environment_id = @environment AND id = @id FOR UPDATE
                    """,
                    key
                );
                await context.ExecuteAsync(
                    """
                    SELECT 1 FROM account
                    WHERE environment_id = @environment AND connection_id = @id AND deleted_at IS NULL
                    ORDER BY id FOR UPDATE
                    """,
                    key
                );
                // 2 and 3 hold a credential; a record without one goes with its connection.
                bool removed = await context.ExecuteOneAsync(
                    """
                    UPDATE connection
                    SET deleted_at = behalf_now(), enabled = false,
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

                await context.ExecuteAsync(
                    """
                    UPDATE authorization_flow
                    SET step = 6, outcome = 'disconnected', code_sealed = NULL, verifier_sealed = NULL
                    WHERE environment_id = @environment AND connection_id = @id AND step < 5
                    """,
                    key
                );
                await context.ExecuteAsync(
                    "DELETE FROM connection_context WHERE environment_id = @environment AND connection_id = @id",
                    key
                );
                await context.ExecuteAsync(
                    """
                    UPDATE account SET deleted_at = behalf_now(), updated_at = behalf_now(), row_version = row_version + 1
                    WHERE environment_id = @environment AND connection_id = @id AND deleted_at IS NULL
                    """,
                    key
                );
                context.Leave(traces);
                context.Withdraw();
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
            async context =>
            {
                ConnectionChanged changed = await ConnectionUpdate.RunAsync(context, connection, moves);
                if (changed == ConnectionChanged.Done)
                {
                    context.Leave(traces);
                    context.Withdraw();
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
            session =>
                session.ValueAsync<string>(
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
            async writer =>
            {
                var values = new
                {
                    environment = environment.ToColumn(),
                    id = id.ToColumn(),
                    organization,
                    context,
                };
                // Held, so that it is not removed meanwhile and leaves its context behind.
                if (
                    !await writer.HoldsAsync(
                        """
                        SELECT 1 FROM connection
                        WHERE environment_id = @environment AND id = @id AND deleted_at IS NULL
                        FOR KEY SHARE
                        """,
                        values
                    )
                )
                {
                    return false;
                }

                await writer.ExecuteAsync(
                    """
                    INSERT INTO connection_context (environment_id, connection_id, organization_id, context, updated_at)
                    VALUES (@environment, @id, @organization, @context, behalf_now())
                    ON CONFLICT (environment_id, connection_id, organization_id) DO UPDATE
                    SET context = excluded.context, updated_at = excluded.updated_at
                    """,
                    values
                );
                writer.Leave(traces);
                return true;
            },
            cancellationToken
        );

    private Task<Connection?> FindAsync(
        object key,
        string where,
        CancellationToken cancellationToken,
        params object[] values
    ) =>
        database.RecallAsync(
            where,
            key,
            user: null,
            async () =>
                (
                    await database.FindAsync<ConnectionRow>(
                        $"{Select} WHERE {where} AND deleted_at IS NULL",
                        cancellationToken,
                        values
                    )
                )?.ToConnection(),
            cancellationToken
        );

    private static Task<string?> TakenAsync(WriteContext context, Connection connection) =>
        context.ValueAsync<string>(
            """
            SELECT CASE WHEN name = @name THEN 'name' ELSE 'tool_prefix' END FROM connection
            WHERE environment_id = @environment AND deleted_at IS NULL AND (name = @name OR tool_prefix = @prefix)
            ORDER BY name <> @name LIMIT 1
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

    private static Task<bool> InsertAsync(WriteContext context, Connection connection) =>
        context.ExecuteOneAsync(
            """
            INSERT INTO connection
              (environment_id, id, name, connector, kind, connector_revision, tool_prefix, base_url, oauth_url, client_id,
               client_secret_sealed, scopes, allowed_tools, proxy_mode, policy_revision, enabled, created_at, row_version)
            VALUES
              (@environment, @id, @name, @connector, @kind, @revision, @prefix, @baseUrl, @oauthUrl, @clientId,
               @secret, @scopes, @allowedTools, @proxy, @policyRevision, @enabled, @createdAt, @rowVersion)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                environment = connection.Environment.ToColumn(),
                id = connection.Id.ToColumn(),
                name = connection.Name.Value,
                connector = connection.Connector,
                kind = (int)connection.Kind,
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
