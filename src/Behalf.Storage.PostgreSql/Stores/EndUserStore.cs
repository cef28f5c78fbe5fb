using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class EndUserStore(PostgreSqlDatabase database) : IEndUserStore
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
        ?? await database.WriteAsync(context => EnsureAsync(context, environment, identifier), cancellationToken);

    public Task<UserEpoch?> FindAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "user",
            default(ValueTuple),
            new UserRows(environment, identifier),
            async () =>
                (
                    await database.FindAsync<Row>(
                        """
                        SELECT incarnation, epoch FROM end_user
                        WHERE environment_id = $1 AND identifier = $2 AND deleted_at IS NULL
                        """,
                        cancellationToken,
                        environment.ToColumn(),
                        identifier.Value
                    )
                )?.ToEpoch(),
            cancellationToken
        );

    public Task<bool> BumpEpochAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool bumped = await context.ExecuteOneAsync(
                    """
                    UPDATE end_user SET epoch = epoch + 1
                    WHERE environment_id = @environment AND identifier = @identifier AND deleted_at IS NULL
                    """,
                    Key(environment, identifier)
                );
                if (bumped)
                {
                    context.Leave(traces);
                    context.Withdraw();
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
            async context =>
            {
                // Who connects an account holds this row: what follows sees it.
                await context.ExecuteAsync(
                    "SELECT 1 FROM end_user WHERE environment_id = @environment AND identifier = @identifier FOR UPDATE",
                    Key(environment, identifier)
                );
                bool removed = await context.ExecuteOneAsync(
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
                    await context.ExecuteAsync(
                        """
                        DELETE FROM mcp_instance WHERE environment_id = @environment AND identifier = @identifier;
                        DELETE FROM mcp_mapping WHERE environment_id = @environment AND config_id IN (
                          SELECT id FROM mcp_config WHERE environment_id = @environment AND identifier = @identifier);
                        DELETE FROM mcp_config WHERE environment_id = @environment AND identifier = @identifier;
                        """,
                        Key(environment, identifier)
                    );
                    context.Leave(traces);
                    context.Withdraw();
                }

                return removed;
            },
            cancellationToken
        );

    public Task BumpEveryEpochAsync(EnvironmentId environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    "UPDATE end_user SET epoch = epoch + 1 WHERE environment_id = @environment AND deleted_at IS NULL",
                    new { environment = environment.ToColumn() }
                );
                context.Leave(traces);
                context.Withdraw();
            },
            cancellationToken
        );

    /// <summary>Also for rooms whose rows belong to a user: after a deletion the user is a new incarnation.</summary>
    public static async Task<UserEpoch> EnsureAsync(
        WriteContext context,
        EnvironmentId environment,
        Identifier identifier
    )
    {
        await context.ExecuteAsync(
            """
            INSERT INTO end_user (environment_id, identifier, incarnation, epoch, created_at)
            VALUES (@environment, @identifier, 1, 1, behalf_now())
            ON CONFLICT (environment_id, identifier) DO UPDATE
            SET incarnation = end_user.incarnation + 1, epoch = end_user.epoch + 1, created_at = excluded.created_at,
              deleted_at = NULL
            WHERE end_user.deleted_at IS NOT NULL
            """,
            Key(environment, identifier)
        );
        return await FindAsync(context, environment, identifier)
            ?? throw new InvalidOperationException("A user that was just ensured is not there.");
    }

    private static async Task<UserEpoch?> FindAsync(
        Session session,
        EnvironmentId environment,
        Identifier identifier
    ) => (await session.FindAsync<Row>(Select, Key(environment, identifier)))?.ToEpoch();

    private static object Key(EnvironmentId environment, Identifier identifier) =>
        new { environment = environment.ToColumn(), identifier = identifier.Value };

    private sealed class Row
    {
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }

        public UserEpoch ToEpoch() => new(Incarnation, Epoch);
    }
}
