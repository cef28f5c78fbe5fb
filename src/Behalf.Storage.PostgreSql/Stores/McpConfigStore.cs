using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class McpConfigStore(PostgreSqlDatabase database) : IMcpConfigStore
{
    private const string SelectConfig = """
        SELECT environment_id, id, name, identifier, description, server, updated_at, row_version FROM mcp_config
        """;

    public Task<bool> AddConfigAsync(McpConfig config, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                bool added = await context.ExecuteOneAsync(
                    """
                    INSERT INTO mcp_config
                      (environment_id, id, name, identifier, description, server, updated_at, row_version)
                    VALUES (@environment, @id, @name, @identifier, @description, @server, behalf_now(), 1)
                    ON CONFLICT (environment_id, name) WHERE name IS NOT NULL DO NOTHING
                    """,
                    new
                    {
                        environment = config.Environment.ToColumn(),
                        id = config.Id.ToColumn(),
                        name = config.Name,
                        identifier = config.Identifier?.Value,
                        description = config.Description,
                        server = config.Server,
                    }
                );
                if (added)
                {
                    await AddMappingsAsync(context, config);
                    context.Leave(traces);
                }

                return added;
            },
            cancellationToken
        );

    public Task<McpConfig?> FindConfigAsync(
        EnvironmentId environment,
        McpConfigId id,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session => FindAsync(session, environment.ToColumn(), "id = @key", id.ToColumn()),
            cancellationToken
        );

    public Task<McpConfig?> FindConfigAsync(
        EnvironmentId environment,
        string name,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session => FindAsync(session, environment.ToColumn(), "name = @key", name),
            cancellationToken
        );

    public Task<McpConfig?> FindServerAsync(Guid server, CancellationToken cancellationToken) =>
        database.RecallAsync(
            "config by server",
            server,
            user: null,
            () =>
                database.ReadTogetherAsync(
                    async session =>
                        await session.FindAsync<McpConfigRow>($"{SelectConfig} WHERE server = @server", new { server })
                            is { } row
                            ? row.ToConfig(await MappingsAsync(session, row.EnvironmentId, row.Id))
                            : null,
                    cancellationToken
                ),
            cancellationToken
        );

    public Task<Page<McpConfig>> ListConfigsAsync(
        McpConfigFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        (string where, DynamicParameters values) = McpConditions.Of(filter);
        return database.ReadTogetherAsync(
            async session =>
            {
                Page<McpConfigRow> rows = await new PageQuery(SelectConfig, "mcp_config", where, "id").ReadAsync<
                    McpConfigRow,
                    McpConfigRow
                >(session, values, page, row => row);
                List<McpConfig> configs = [];
                foreach (McpConfigRow row in rows.Items)
                {
                    configs.Add(row.ToConfig(await MappingsAsync(session, row.EnvironmentId, row.Id)));
                }

                return new Page<McpConfig>(configs, rows.Next, rows.Previous, rows.TotalSize);
            },
            cancellationToken
        );
    }

    public Task<bool> UpdateConfigAsync(McpConfig config, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                object key = Key(config.Environment.ToColumn(), config.Id.ToColumn());
                bool changed = await context.ExecuteOneAsync(
                    """
                    UPDATE mcp_config
                    SET description = @description, updated_at = behalf_now(), row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND row_version = @version
                    """,
                    new
                    {
                        environment = config.Environment.ToColumn(),
                        id = config.Id.ToColumn(),
                        description = config.Description,
                        version = config.RowVersion,
                    }
                );
                if (changed)
                {
                    await context.ExecuteAsync(
                        "DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id = @id",
                        key
                    );
                    await AddMappingsAsync(context, config);
                    context.Leave(traces);
                }

                return changed;
            },
            cancellationToken
        );

    public Task<bool> RemoveConfigAsync(
        EnvironmentId environment,
        McpConfigId id,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                object key = Key(environment.ToColumn(), id.ToColumn());
                // Held, so that nothing is added to it meanwhile.
                await context.ExecuteAsync(
                    "SELECT 1 FROM mcp_config WHERE environment_id = @environment AND id = @id FOR UPDATE",
                    key
                );
                await context.ExecuteAsync(
                    "DELETE FROM mcp_instance WHERE environment_id = @environment AND config_id = @id",
                    key
                );
                await context.ExecuteAsync(
                    "DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id = @id",
                    key
                );
                bool removed = await context.ExecuteOneAsync(
                    "DELETE FROM mcp_config WHERE environment_id = @environment AND id = @id",
                    key
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    /// <param name="where">SQL of this class.</param>
    internal static async Task<McpConfig?> FindAsync(Session session, Guid environment, string where, object key) =>
        await session.FindAsync<McpConfigRow>(
            $"{SelectConfig} WHERE environment_id = @environment AND {where}",
            new { environment, key }
        )
            is { } row
            ? row.ToConfig(await MappingsAsync(session, environment, row.Id))
            : null;

    /// <summary>Of live connections only.</summary>
    private static async Task<McpMapping[]> MappingsAsync(Session session, Guid environment, Guid config) =>
        [
            .. (
                await session.QueryAsync<McpMappingRow>(
                    """
                    SELECT m.config_id, m.connection_id, c.name, c.connector, m.tools
                    FROM mcp_mapping m JOIN connection c ON c.environment_id = m.environment_id AND c.id = m.connection_id
                    WHERE m.environment_id = @environment AND m.config_id = @id AND c.deleted_at IS NULL
                    ORDER BY m.position
                    """,
                    Key(environment, config)
                )
            ).Select(row => row.ToMapping()),
        ];

    private static async Task AddMappingsAsync(WriteContext context, McpConfig config)
    {
        for (int i = 0; i < config.Mappings.Count; i++)
        {
            await context.ExecuteAsync(
                """
                INSERT INTO mcp_mapping (environment_id, config_id, position, connection_id, tools)
                VALUES (@environment, @config, @position, @connection, @tools)
                """,
                new
                {
                    environment = config.Environment.ToColumn(),
                    config = config.Id.ToColumn(),
                    position = i,
                    connection = config.Mappings[i].Connection.ToColumn(),
                    tools = JsonSerializer.Serialize([.. config.Mappings[i].Tools], StorageJson.Default.StringArray),
                }
            );
        }
    }

    private static object Key(Guid environment, Guid id) => new { environment, id };
}
