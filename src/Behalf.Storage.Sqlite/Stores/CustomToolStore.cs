using System.Text.Json;
using Behalf.Connectors.Custom;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class CustomToolStore(SqliteDatabase database) : ICustomToolStore
{
    private const string Select = """
        SELECT environment_id, id, schema_version, tool_version, connector, name, is_default, definition, procedure, hash,
          tags, created_at
        FROM custom_tool
        """;

    public Task<string?> AddAsync(CustomTool tool, int mostTools, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                var key = new
                {
                    environment = tool.Environment.ToColumn(),
                    connector = tool.Connector,
                    name = tool.Name,
                };
                if (
                    context.Holds(
                        """
                        SELECT 1 FROM custom_tool
                        WHERE environment_id = @environment AND connector = @connector AND name = @name
                        """,
                        key
                    )
                )
                {
                    return "name";
                }

                long tools = context.Connection.ExecuteScalar<long>(
                    "SELECT count(DISTINCT id) FROM custom_tool WHERE environment_id = @environment",
                    key
                );
                if (tools >= mostTools)
                {
                    return "limit";
                }

                Insert(context, tool);
                context.Leave(traces);
                return null;
            },
            cancellationToken
        );

    public Task<bool> AddVersionAsync(CustomTool version, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool follows =
                    context.Holds(
                        "SELECT 1 FROM custom_tool WHERE environment_id = @environment AND id = @id",
                        Key(version.Environment, version.Id)
                    )
                    && !context.Holds(
                        """
                        SELECT 1 FROM custom_tool
                        WHERE environment_id = @environment AND id = @id
                          AND schema_version = @schema AND tool_version = @tool
                        """,
                        Key(version.Environment, version.Id, version.Version)
                    );
                if (follows)
                {
                    Insert(context, version);
                    context.Leave(traces);
                }

                return follows;
            },
            cancellationToken
        );

    public Task<IReadOnlyList<CustomTool>> ListDefaultsAsync(
        EnvironmentId environment,
        string connector,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "default tools",
            (environment, connector),
            static (reader, key) =>
                Read(
                    reader,
                    "environment_id = @environment AND connector = @connector AND is_default = 1 ORDER BY id",
                    new { environment = key.environment.ToColumn(), key.connector }
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<CustomTool>> VersionsAsync(
        EnvironmentId environment,
        ToolId id,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            "environment_id = @environment AND id = @id ORDER BY schema_version, tool_version",
            Key(environment, id),
            cancellationToken
        );

    public Task<IReadOnlyList<CustomTool>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        ReadAsync(
            "environment_id = @environment ORDER BY id, schema_version, tool_version",
            new { environment = environment.ToColumn() },
            cancellationToken
        );

    public Task<bool> SetDefaultAsync(
        EnvironmentId environment,
        ToolId id,
        ToolVersion version,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                object key = Key(environment, id, version);
                if (
                    !context.Holds(
                        """
                        SELECT 1 FROM custom_tool
                        WHERE environment_id = @environment AND id = @id
                          AND schema_version = @schema AND tool_version = @tool
                        """,
                        key
                    )
                )
                {
                    return false;
                }

                context.Execute(
                    "UPDATE custom_tool SET is_default = 0 WHERE environment_id = @environment AND id = @id",
                    Key(environment, id)
                );
                context.Execute(
                    """
                    UPDATE custom_tool SET is_default = 1
                    WHERE environment_id = @environment AND id = @id
                      AND schema_version = @schema AND tool_version = @tool
                    """,
                    key
                );
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        ToolId id,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool removed =
                    context.Execute(
                        "DELETE FROM custom_tool WHERE environment_id = @environment AND id = @id",
                        Key(environment, id)
                    ) > 0;
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private Task<IReadOnlyList<CustomTool>> ReadAsync(
        string where,
        object values,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => Read(connection, where, values), cancellationToken);

    private static IReadOnlyList<CustomTool> Read(PreparedConnection connection, string where, object values) =>
        [.. connection.Query<Row>($"{Select} WHERE {where}", values).Select(row => row.ToTool())];

    private static object Key(EnvironmentId environment, ToolId id) =>
        new { environment = environment.ToColumn(), id = id.ToColumn() };

    private static object Key(EnvironmentId environment, ToolId id, ToolVersion version) =>
        new
        {
            environment = environment.ToColumn(),
            id = id.ToColumn(),
            schema = version.Schema,
            tool = version.Tool,
        };

    private static void Insert(WriteContext context, CustomTool tool) =>
        context.Execute(
            """
            INSERT INTO custom_tool
              (environment_id, id, schema_version, tool_version, connector, name, is_default, definition, procedure, hash,
               tags, created_at)
            VALUES
              (@environment, @id, @schema, @tool, @connector, @name, @isDefault, @definition, @procedure, @hash,
               @tags, @createdAt)
            """,
            new
            {
                environment = tool.Environment.ToColumn(),
                id = tool.Id.ToColumn(),
                schema = tool.Version.Schema,
                tool = tool.Version.Tool,
                connector = tool.Connector,
                name = tool.Name,
                isDefault = tool.IsDefault,
                definition = tool.Definition,
                procedure = tool.Procedure,
                hash = tool.Hash,
                tags = JsonSerializer.Serialize([.. tool.Tags], StorageJson.Default.StringArray),
                createdAt = tool.CreatedAt.ToColumn(),
            }
        );

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required long SchemaVersion { get; init; }
        public required long ToolVersion { get; init; }
        public required string Connector { get; init; }
        public required string Name { get; init; }
        public required long IsDefault { get; init; }
        public required string Definition { get; init; }
        public required string Procedure { get; init; }
        public required string Hash { get; init; }
        public required string Tags { get; init; }
        public required long CreatedAt { get; init; }

        public CustomTool ToTool() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Id = Id.ToId<ToolId>(),
                Connector = Connector,
                Name = Name,
                Version = new ToolVersion((int)SchemaVersion, (int)ToolVersion),
                IsDefault = IsDefault != 0,
                Definition = Definition,
                Procedure = Procedure,
                Hash = Hash,
                Tags = JsonSerializer.Deserialize(Tags, StorageJson.Default.StringArray) ?? [],
                CreatedAt = CreatedAt.ToInstant(),
            };
    }
}
