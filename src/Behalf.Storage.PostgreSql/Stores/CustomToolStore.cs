using System.Text.Json;
using Behalf.Connectors.Custom;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class CustomToolStore(PostgreSqlDatabase database) : ICustomToolStore
{
    private const string Select = """
        SELECT environment_id, id, schema_version, tool_version, connector, name, is_default, definition, procedure, hash,
          tags, created_at
        FROM custom_tool
        """;

    private const string OneVersion = """
        environment_id = @environment AND id = @id AND schema_version = @schema AND tool_version = @tool
        """;

    public Task<string?> AddAsync(CustomTool tool, int mostTools, Traces traces, CancellationToken cancellationToken) =>
        ChangeAsync(
            tool.Environment,
            async context =>
            {
                var key = new
                {
                    environment = tool.Environment.ToColumn(),
                    connector = tool.Connector,
                    name = tool.Name,
                };
                if (
                    await context.HoldsAsync(
                        """
                        SELECT 1 FROM custom_tool
                        WHERE environment_id = @environment AND connector = @connector AND name = @name LIMIT 1
                        """,
                        key
                    )
                )
                {
                    return "name";
                }

                long tools = await context.ValueAsync<long>(
                    "SELECT count(DISTINCT id) FROM custom_tool WHERE environment_id = @environment",
                    key
                );
                if (tools >= mostTools)
                {
                    return "limit";
                }

                await InsertAsync(context, tool);
                context.Leave(traces);
                return null;
            },
            cancellationToken
        );

    public Task<bool> AddVersionAsync(CustomTool version, Traces traces, CancellationToken cancellationToken) =>
        ChangeAsync(
            version.Environment,
            async context =>
            {
                bool follows =
                    await context.HoldsAsync(
                        "SELECT 1 FROM custom_tool WHERE environment_id = @environment AND id = @id LIMIT 1",
                        Key(version.Environment, version.Id)
                    )
                    && !await context.HoldsAsync(
                        $"SELECT 1 FROM custom_tool WHERE {OneVersion}",
                        Key(version.Environment, version.Id, version.Version)
                    );
                if (follows)
                {
                    await InsertAsync(context, version);
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
            user: null,
            () =>
                ReadAsync(
                    "environment_id = @environment AND connector = @connector AND is_default ORDER BY id",
                    new { environment = environment.ToColumn(), connector },
                    cancellationToken
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
        ChangeAsync(
            environment,
            async context =>
            {
                object key = Key(environment, id, version);
                if (!await context.HoldsAsync($"SELECT 1 FROM custom_tool WHERE {OneVersion}", key))
                {
                    return false;
                }

                // Two statements: the index that allows one default looks at each row as it is changed.
                await context.ExecuteAsync(
                    """
                    UPDATE custom_tool SET is_default = false
                    WHERE environment_id = @environment AND id = @id AND is_default
                    """,
                    key
                );
                await context.ExecuteAsync($"UPDATE custom_tool SET is_default = true WHERE {OneVersion}", key);
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
        ChangeAsync(
            environment,
            async context =>
            {
                bool removed =
                    await context.ExecuteAsync(
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

    /// <summary>One transaction that holds the environment: its tools are changed one after another.</summary>
    private Task<T> ChangeAsync<T>(
        EnvironmentId environment,
        Func<WriteContext, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    "SELECT 1 FROM environment WHERE id = @environment FOR NO KEY UPDATE",
                    new { environment = environment.ToColumn() }
                );
                return await work(context);
            },
            cancellationToken
        );

    private Task<IReadOnlyList<CustomTool>> ReadAsync(
        string where,
        object values,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<CustomTool>>(
            async session =>
                [.. (await session.QueryAsync<Row>($"{Select} WHERE {where}", values)).Select(row => row.ToTool())],
            cancellationToken
        );

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

    private static Task InsertAsync(WriteContext context, CustomTool tool) =>
        context.ExecuteAsync(
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
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required long SchemaVersion { get; init; }
        public required long ToolVersion { get; init; }
        public required string Connector { get; init; }
        public required string Name { get; init; }
        public required bool IsDefault { get; init; }
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
                IsDefault = IsDefault,
                Definition = Definition,
                Procedure = Procedure,
                Hash = Hash,
                Tags = JsonSerializer.Deserialize(Tags, StorageJson.Default.StringArray) ?? [],
                CreatedAt = CreatedAt.ToInstant(),
            };
    }
}
