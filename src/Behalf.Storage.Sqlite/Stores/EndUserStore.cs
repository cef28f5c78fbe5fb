using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class EndUserStore(SqliteDatabase database) : IEndUserStore
{
    private const string Select = """
        SELECT incarnation, epoch FROM end_user
        WHERE environment_id = @environment AND identifier = @identifier AND deleted_at IS NULL
        """;

    public async Task<UserEpoch> EnsureAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(environment, identifier, cancellationToken)
        ?? await database.WriteAsync(context => Ensure(context, environment, identifier), cancellationToken);

    public Task<UserEpoch?> FindAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "user",
            (environment, identifier),
            static (reader, key) => Find(reader, key.environment, key.identifier),
            cancellationToken
        );

    public Task<bool> BumpEpochAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool bumped = context.ExecuteOne(
                    """
                    UPDATE end_user SET epoch = epoch + 1
                    WHERE environment_id = @environment AND identifier = @identifier AND deleted_at IS NULL
                    """,
                    Key(environment, identifier)
                );
                if (bumped)
                {
                    context.Leave(traces);
                }

                return bumped;
            },
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool removed = context.ExecuteOne(
                    """
                    UPDATE end_user SET epoch = epoch + 1, deleted_at = behalf_now()
                    WHERE environment_id = @environment AND identifier = @identifier AND deleted_at IS NULL
                      AND NOT EXISTS (
                        SELECT 1 FROM account a
                        WHERE a.environment_id = @environment AND a.identifier = @identifier AND a.deleted_at IS NULL)
                    """,
                    Key(environment, identifier)
                );
                if (removed)
                {
                    context.Execute(
                        """
                        DELETE FROM mcp_instance WHERE environment_id = @environment AND identifier = @identifier;
                        DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id IN (
                          SELECT id FROM mcp_config WHERE environment_id = @environment AND identifier = @identifier);
                        DELETE FROM mcp_config WHERE environment_id = @environment AND identifier = @identifier;
                        """,
                        Key(environment, identifier)
                    );
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    public Task BumpEveryEpochAsync(EnvironmentId environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    "UPDATE end_user SET epoch = epoch + 1 WHERE environment_id = @environment AND deleted_at IS NULL",
                    new { environment = environment.ToColumn() }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    /// <summary>Also for rooms whose rows belong to a user: after a deletion the user is a new incarnation.</summary>
    public static UserEpoch Ensure(WriteContext context, EnvironmentId environment, Identifier identifier)
    {
        context.Execute(
            """
            INSERT INTO end_user (environment_id, identifier, incarnation, epoch, created_at)
            VALUES (@environment, @identifier, 1, 1, behalf_now())
            ON CONFLICT DO UPDATE
            SET incarnation = incarnation + 1, epoch = epoch + 1, created_at = excluded.created_at, deleted_at = NULL
            WHERE deleted_at IS NOT NULL
            """,
            Key(environment, identifier)
        );
        return Find(context.Connection, environment, identifier)
            ?? throw new InvalidOperationException("A user that was just ensured is not there.");
    }

    private static UserEpoch? Find(PreparedConnection reader, EnvironmentId environment, Identifier identifier) =>
        reader.Find<Row>(Select, ("@environment", environment.ToColumn()), ("@identifier", identifier.Value)) is { } row
            ? new UserEpoch(row.Incarnation, row.Epoch)
            : null;

    private static object Key(EnvironmentId environment, Identifier identifier) =>
        new { environment = environment.ToColumn(), identifier = identifier.Value };

    private sealed class Row
    {
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }
    }
}
