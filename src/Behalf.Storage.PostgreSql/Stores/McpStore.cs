using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class McpStore(PostgreSqlDatabase database) : IMcpStore
{
    private const string SelectConfig = """
        SELECT environment_id, id, name, identifier, description, server, updated_at, row_version FROM mcp_config
        """;

    private const string SelectInstance = """
        SELECT i.environment_id, i.id, i.config_id, i.name, i.identifier, i.server, i.last_used_at, i.updated_at,
          i.row_version
        FROM mcp_instance i JOIN mcp_config c ON c.environment_id = i.environment_id AND c.id = i.config_id
        """;

    private const string InstanceTables =
        "mcp_instance i JOIN mcp_config c ON c.environment_id = i.environment_id AND c.id = i.config_id";

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
        database.ReadTogetherAsync(
            async session =>
                await session.FindAsync<McpConfigRow>($"{SelectConfig} WHERE server = @server", new { server })
                    is { } row
                    ? row.ToConfig(await MappingsAsync(session, row.EnvironmentId, row.Id))
                    : null,
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

    public Task<McpInstance?> EnsureInstanceAsync(
        McpInstance instance,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var values = new
                {
                    environment = instance.Environment.ToColumn(),
                    id = instance.Id.ToColumn(),
                    config = instance.Config.Id.ToColumn(),
                    name = instance.Name,
                    identifier = instance.Identifier.Value,
                    server = instance.Server,
                };
                bool added = await context.ExecuteOneAsync(
                    """
                    INSERT INTO mcp_instance
                      (environment_id, id, config_id, name, identifier, server, updated_at, row_version)
                    SELECT environment_id, @id, id, @name, @identifier, @server, behalf_now(), 1
                    FROM mcp_config WHERE environment_id = @environment AND id = @config FOR KEY SHARE
                    ON CONFLICT (environment_id, config_id, identifier) DO NOTHING
                    """,
                    values
                );
                if (added)
                {
                    context.Leave(traces);
                }

                McpInstanceRow? row = await context.FindAsync<McpInstanceRow>(
                    $"""
                    {SelectInstance}
                    WHERE i.environment_id = @environment AND i.config_id = @config AND i.identifier = @identifier
                    """,
                    values
                );
                return row is null ? null : await ToInstanceAsync(context, row);
            },
            cancellationToken
        );

    public Task<McpInstance?> FindInstanceAsync(
        EnvironmentId environment,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            async session =>
                await session.FindAsync<McpInstanceRow>(
                    $"{SelectInstance} WHERE i.environment_id = @environment AND i.id = @id",
                    Key(environment.ToColumn(), id.ToColumn())
                )
                    is { } row
                    ? await ToInstanceAsync(session, row)
                    : null,
            cancellationToken
        );

    public Task<Page<McpInstance>> ListInstancesAsync(
        McpInstanceFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        (string where, DynamicParameters values) = McpConditions.Of(filter);
        return database.ReadTogetherAsync(
            async session =>
            {
                Page<McpInstanceRow> rows = await new PageQuery(
                    SelectInstance,
                    InstanceTables,
                    where,
                    "i.id"
                ).ReadAsync<McpInstanceRow, McpInstanceRow>(session, values, page, row => row);
                List<McpInstance> instances = [];
                foreach (McpInstanceRow row in rows.Items)
                {
                    instances.Add(await ToInstanceAsync(session, row));
                }

                return new Page<McpInstance>(instances, rows.Next, rows.Previous, rows.TotalSize);
            },
            cancellationToken
        );
    }

    public Task<string?> UpdateInstanceAsync(
        McpInstance instance,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var values = new
                {
                    environment = instance.Environment.ToColumn(),
                    id = instance.Id.ToColumn(),
                    config = instance.Config.Id.ToColumn(),
                    name = instance.Name,
                    identifier = instance.Identifier.Value,
                    version = instance.RowVersion,
                };
                // Held, so that the user gets no other instance of it meanwhile.
                await context.ExecuteAsync(
                    "SELECT 1 FROM mcp_config WHERE environment_id = @environment AND id = @config FOR UPDATE",
                    values
                );
                if (
                    await context.HoldsAsync(
                        """
                        SELECT 1 FROM mcp_instance
                        WHERE environment_id = @environment AND config_id = @config AND identifier = @identifier
                          AND id <> @id
                        """,
                        values
                    )
                )
                {
                    return "config";
                }

                bool changed = await context.ExecuteOneAsync(
                    """
                    UPDATE mcp_instance
                    SET name = @name, config_id = @config, updated_at = behalf_now(), row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND row_version = @version
                      AND EXISTS (SELECT 1 FROM mcp_config WHERE environment_id = @environment AND id = @config)
                    """,
                    values
                );
                if (!changed)
                {
                    return "changed";
                }

                context.Leave(traces);
                return null;
            },
            cancellationToken
        );

    public Task<bool> RemoveInstanceAsync(
        EnvironmentId environment,
        McpInstanceId id,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool removed = await context.ExecuteOneAsync(
                    "DELETE FROM mcp_instance WHERE environment_id = @environment AND id = @id",
                    Key(environment.ToColumn(), id.ToColumn())
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private static async Task<McpInstance> ToInstanceAsync(Session session, McpInstanceRow row) =>
        row.ToInstance(
            await FindAsync(session, row.EnvironmentId, "id = @key", row.ConfigId)
                ?? throw new InvalidOperationException("An instance stands without its config.")
        );

    /// <param name="where">SQL of this class.</param>
    private static async Task<McpConfig?> FindAsync(Session session, Guid environment, string where, object key) =>
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
