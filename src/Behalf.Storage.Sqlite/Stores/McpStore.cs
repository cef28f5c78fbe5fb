using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class McpStore(SqliteDatabase database) : IMcpStore
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
            context =>
            {
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO mcp_config
                      (environment_id, id, name, identifier, description, server, updated_at, row_version)
                    SELECT @environment, @id, @name, @identifier, @description, @server, behalf_now(), 1
                    WHERE NOT EXISTS (SELECT 1 FROM mcp_config WHERE environment_id = @environment AND name = @name)
                    """,
                    new
                    {
                        environment = config.Environment.ToColumn(),
                        id = config.Id.ToColumn(),
                        name = config.Name,
                        identifier = config.Identifier?.Value,
                        description = config.Description,
                        server = config.Server.ToColumn(),
                    }
                );
                if (added)
                {
                    AddMappings(context, config);
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
        database.ReadAsync(
            connection => Find(connection, environment.ToColumn(), "id = @key", id.ToColumn()),
            cancellationToken
        );

    public Task<McpConfig?> FindConfigAsync(
        EnvironmentId environment,
        string name,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection => Find(connection, environment.ToColumn(), "name = @key", name),
            cancellationToken
        );

    public Task<McpConfig?> FindServerAsync(Guid server, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefault<McpConfigRow>(
                    $"{SelectConfig} WHERE server = @server",
                    new { server = server.ToColumn() }
                )
                    is { } row
                    ? row.ToConfig(Mappings(connection, row.EnvironmentId, row.Id))
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
        return database.ReadAsync(
            connection =>
            {
                Page<McpConfigRow> rows = new PageQuery(SelectConfig, "mcp_config", where, "id").Read<
                    McpConfigRow,
                    McpConfigRow
                >(connection, values, page, row => row);
                return new Page<McpConfig>(
                    [.. rows.Items.Select(row => row.ToConfig(Mappings(connection, row.EnvironmentId, row.Id)))],
                    rows.Next,
                    rows.Previous,
                    rows.TotalSize
                );
            },
            cancellationToken
        );
    }

    public Task<bool> UpdateConfigAsync(McpConfig config, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                object key = Key(config.Environment.ToColumn(), config.Id.ToColumn());
                bool changed = context.ExecuteOne(
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
                    context.Execute(
                        "DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id = @id",
                        key
                    );
                    AddMappings(context, config);
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
            context =>
            {
                object key = Key(environment.ToColumn(), id.ToColumn());
                context.Execute(
                    "DELETE FROM mcp_instance WHERE environment_id = @environment AND config_id = @id",
                    key
                );
                context.Execute("DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id = @id", key);
                bool removed = context.ExecuteOne(
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
            context =>
            {
                var values = new
                {
                    environment = instance.Environment.ToColumn(),
                    id = instance.Id.ToColumn(),
                    config = instance.Config.Id.ToColumn(),
                    name = instance.Name,
                    identifier = instance.Identifier.Value,
                    server = instance.Server.ToColumn(),
                };
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO mcp_instance
                      (environment_id, id, config_id, name, identifier, server, updated_at, row_version)
                    SELECT @environment, @id, @config, @name, @identifier, @server, behalf_now(), 1
                    WHERE EXISTS (SELECT 1 FROM mcp_config WHERE environment_id = @environment AND id = @config)
                      AND NOT EXISTS (
                        SELECT 1 FROM mcp_instance
                        WHERE environment_id = @environment AND config_id = @config AND identifier = @identifier)
                    """,
                    values
                );
                if (added)
                {
                    context.Leave(traces);
                }

                McpInstanceRow? row = context.Connection.QuerySingleOrDefault<McpInstanceRow>(
                    $"""
                    {SelectInstance}
                    WHERE i.environment_id = @environment AND i.config_id = @config AND i.identifier = @identifier
                    """,
                    values
                );
                return row is null ? null : ToInstance(context.Connection, row);
            },
            cancellationToken
        );

    public Task<McpInstance?> FindInstanceAsync(
        EnvironmentId environment,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefault<McpInstanceRow>(
                    $"{SelectInstance} WHERE i.environment_id = @environment AND i.id = @id",
                    Key(environment.ToColumn(), id.ToColumn())
                )
                    is { } row
                    ? ToInstance(connection, row)
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
        return database.ReadAsync(
            connection =>
            {
                Page<McpInstanceRow> rows = new PageQuery(SelectInstance, InstanceTables, where, "i.id").Read<
                    McpInstanceRow,
                    McpInstanceRow
                >(connection, values, page, row => row);
                return new Page<McpInstance>(
                    [.. rows.Items.Select(row => ToInstance(connection, row))],
                    rows.Next,
                    rows.Previous,
                    rows.TotalSize
                );
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
            context =>
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
                if (
                    context.Holds(
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

                bool changed = context.ExecuteOne(
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
            context =>
            {
                bool removed = context.ExecuteOne(
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

    private static McpInstance ToInstance(SqliteConnection connection, McpInstanceRow row) =>
        row.ToInstance(
            Find(connection, row.EnvironmentId, "id = @key", row.ConfigId)
                ?? throw new InvalidOperationException("An instance stands without its config.")
        );

    /// <param name="where">SQL of this class.</param>
    private static McpConfig? Find(SqliteConnection connection, byte[] environment, string where, object key) =>
        connection.QuerySingleOrDefault<McpConfigRow>(
            $"{SelectConfig} WHERE environment_id = @environment AND {where}",
            new { environment, key }
        )
            is { } row
            ? row.ToConfig(Mappings(connection, environment, row.Id))
            : null;

    /// <summary>Of live connections only.</summary>
    private static McpMapping[] Mappings(SqliteConnection connection, byte[] environment, byte[] config) =>
        [
            .. connection
                .Query<McpMappingRow>(
                    """
                    SELECT m.config_id, m.connection_id, c.name, c.connector, m.tools
                    FROM mcp_mapping m JOIN connection c ON c.environment_id = m.environment_id AND c.id = m.connection_id
                    WHERE m.environment_id = @environment AND m.config_id = @id AND c.deleted_at IS NULL
                    ORDER BY m.position
                    """,
                    Key(environment, config)
                )
                .Select(row => row.ToMapping()),
        ];

    private static void AddMappings(WriteContext context, McpConfig config)
    {
        for (int i = 0; i < config.Mappings.Count; i++)
        {
            context.Execute(
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

    private static object Key(byte[] environment, byte[] id) => new { environment, id };
}
