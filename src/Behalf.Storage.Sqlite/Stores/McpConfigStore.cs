using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class McpConfigStore(SqliteDatabase database) : IMcpConfigStore
{
    private const string SelectConfig = """
        SELECT environment_id, id, name, identifier, description, server, updated_at, row_version FROM mcp_config
        """;

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
        database.RecallAsync(
            "config by server",
            server,
            static (reader, server) =>
                reader.QuerySingleOrDefault<McpConfigRow>(
                    $"{SelectConfig} WHERE server = @server",
                    new { server = server.ToColumn() }
                )
                    is { } row
                    ? row.ToConfig(Mappings(reader, row.EnvironmentId, row.Id))
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

    /// <param name="where">SQL of this class.</param>
    internal static McpConfig? Find(SqliteConnection connection, byte[] environment, string where, object key) =>
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
