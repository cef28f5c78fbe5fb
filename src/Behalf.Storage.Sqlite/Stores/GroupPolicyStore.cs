using Behalf.Mcp;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class GroupPolicyStore(SqliteDatabase database) : IGroupPolicyStore
{
    public Task<IReadOnlyList<GroupRule>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.RecallAsync<EnvironmentId, IReadOnlyList<GroupRule>>(
            "group rules",
            environment,
            static (reader, environment) =>
                [
                    .. (
                        reader.Query<Row>(
                            """
                            SELECT p.environment_id, p.group_name, p.connection_id, c.name, p.tools
                            FROM mcp_group_policy p
                            JOIN connection c ON c.environment_id = p.environment_id AND c.id = p.connection_id
                            WHERE p.environment_id = @environment AND c.deleted_at IS NULL
                            ORDER BY p.group_name, c.name
                            """,
                            new { environment = environment.ToColumn() }
                        )
                    ).Select(row => row.ToRule()),
                ],
            cancellationToken
        );

    public Task SetAsync(GroupRule rule, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO mcp_group_policy (environment_id, group_name, connection_id, tools)
                    VALUES (@environment, @group, @connection, @tools)
                    ON CONFLICT (environment_id, group_name, connection_id) DO UPDATE SET tools = excluded.tools
                    """,
                    new
                    {
                        environment = rule.Environment.ToColumn(),
                        group = rule.Group,
                        connection = rule.Connection.ToColumn(),
                        tools = rule.Tools.ToColumn(),
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        string group,
        ConnectionId connection,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool removed = context.ExecuteOne(
                    """
                    DELETE FROM mcp_group_policy
                    WHERE environment_id = @environment AND group_name = @group AND connection_id = @connection
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        group,
                        connection = connection.ToColumn(),
                    }
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required string GroupName { get; init; }
        public required byte[] ConnectionId { get; init; }
        public required string Name { get; init; }
        public required string Tools { get; init; }

        public GroupRule ToRule() =>
            new(
                EnvironmentId.ToId<EnvironmentId>(),
                GroupName,
                ConnectionId.ToId<ConnectionId>(),
                ConnectionName.Parse(Name),
                Tools.ToTexts()
            );
    }
}
