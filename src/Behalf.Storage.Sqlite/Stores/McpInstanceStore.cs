using Behalf.Mcp;
using Behalf.Storage.Sqlite.Columns;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class McpInstanceStore(SqliteDatabase database) : IMcpInstanceStore
{
    private const string SelectInstance = """
        SELECT i.environment_id, i.id, i.config_id, i.name, i.identifier, i.server, i.last_used_at, i.updated_at,
          i.row_version
        FROM mcp_instance i JOIN mcp_config c ON c.environment_id = i.environment_id AND c.id = i.config_id
        """;

    private const string InstanceTables =
        "mcp_instance i JOIN mcp_config c ON c.environment_id = i.environment_id AND c.id = i.config_id";

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

    public Task<McpInstance?> FindInstanceServerAsync(Guid server, CancellationToken cancellationToken) =>
        database.RecallAsync(
            "instance by server",
            server,
            static (reader, server) =>
                reader.QuerySingleOrDefault<McpInstanceRow>(
                    $"{SelectInstance} WHERE i.server = @server",
                    new { server = server.ToColumn() }
                )
                    is { } row
                    ? ToInstance(reader, row)
                    : null,
            cancellationToken
        );

    public Task TouchInstanceAsync(EnvironmentId environment, McpInstanceId id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.ExecuteOne(
                    "UPDATE mcp_instance SET last_used_at = behalf_now() WHERE environment_id = @environment AND id = @id",
                    Key(environment.ToColumn(), id.ToColumn())
                ),
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
            McpConfigStore.Find(connection, row.EnvironmentId, "id = @key", row.ConfigId)
                ?? throw new InvalidOperationException("An instance stands without its config.")
        );

    private static object Key(byte[] environment, byte[] id) => new { environment, id };
}
