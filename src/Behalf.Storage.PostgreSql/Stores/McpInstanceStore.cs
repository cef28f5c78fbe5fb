using Behalf.Mcp;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class McpInstanceStore(PostgreSqlDatabase database) : IMcpInstanceStore
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

    public Task<McpInstance?> FindInstanceServerAsync(Guid server, CancellationToken cancellationToken) =>
        database.RecallOfOwnerAsync<McpInstance>(
            "instance by server",
            server,
            instance => new UserRows(instance.Environment, instance.Identifier),
            () =>
                database.ReadTogetherAsync(
                    async session =>
                        await session.FindAsync<McpInstanceRow>(
                            $"{SelectInstance} WHERE i.server = @server",
                            new { server }
                        )
                            is { } row
                            ? await ToInstanceAsync(session, row)
                            : null,
                    cancellationToken
                ),
            cancellationToken
        );

    public Task TouchInstanceAsync(EnvironmentId environment, McpInstanceId id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.ExecuteOneAsync(
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
            await McpConfigStore.FindAsync(session, row.EnvironmentId, "id = @key", row.ConfigId)
                ?? throw new InvalidOperationException("An instance stands without its config.")
        );

    private static object Key(Guid environment, Guid id) => new { environment, id };
}
