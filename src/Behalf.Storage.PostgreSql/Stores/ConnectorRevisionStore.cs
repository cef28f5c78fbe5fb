using Behalf.Connectors;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ConnectorRevisionStore(PostgreSqlDatabase database) : IConnectorRevisionStore
{
    public Task PutAsync(
        string revision,
        string slug,
        string document,
        string origin,
        CancellationToken cancellationToken
    ) => database.WriteAsync(context => PutAsync(context, revision, slug, origin, null, document), cancellationToken);

    public Task<string?> FindAsync(string revision, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
                session.ValueAsync<string>(
                    "SELECT document FROM connector_revision WHERE revision = @revision",
                    new { revision }
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<(string Slug, string Revision)>> ListLatestAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<(string Slug, string Revision)>>(
            async session =>
                await session.QueryAsync<(string Slug, string Revision)>(
                    """
                    SELECT slug, revision FROM connector_revision
                    WHERE sequence IN (
                        SELECT max(sequence) FROM connector_revision WHERE owner_environment IS NULL GROUP BY slug)
                    ORDER BY slug
                    """
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<string>> ListPinnedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async session =>
                await session.QueryAsync<string>(
                    "SELECT DISTINCT connector_revision FROM connection WHERE deleted_at IS NULL ORDER BY connector_revision"
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<(string Slug, string Revision)>> ListOwnAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<(string Slug, string Revision)>>(
            async session =>
                await session.QueryAsync<(string Slug, string Revision)>(
                    "SELECT slug, revision FROM custom_connector WHERE environment_id = @environment ORDER BY slug",
                    new { environment = environment.ToColumn() }
                ),
            cancellationToken
        );

    public Task<bool> SetOwnAsync(
        EnvironmentId environment,
        string slug,
        string? expected,
        string revision,
        string document,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                // The revision first, which the row refers to; it goes again when the row is not as expected.
                await PutAsync(context, revision, slug, "custom", environment, document);
                bool set = await context.ExecuteOneAsync(
                    expected is null
                        ? """
                        INSERT INTO custom_connector (environment_id, slug, revision, updated_at)
                        VALUES (@environment, @slug, @revision, behalf_now())
                        ON CONFLICT (environment_id, slug) DO NOTHING
                        """
                        : """
                        UPDATE custom_connector SET revision = @revision, updated_at = behalf_now()
                        WHERE environment_id = @environment AND slug = @slug AND revision = @expected
                        """,
                    new
                    {
                        environment = environment.ToColumn(),
                        slug,
                        expected,
                        revision,
                    }
                );
                if (!set)
                {
                    context.Undo();
                    return false;
                }

                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task<string?> RemoveOwnAsync(
        EnvironmentId environment,
        string slug,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var key = new { environment = environment.ToColumn(), slug };
                bool removed = await context.ExecuteOneAsync(
                    """
                    DELETE FROM custom_connector
                    WHERE environment_id = @environment AND slug = @slug
                      AND NOT EXISTS (
                        SELECT 1 FROM connection
                        WHERE environment_id = @environment AND connector = @slug AND deleted_at IS NULL)
                    """,
                    key
                );
                if (removed)
                {
                    context.Leave(traces);
                    return null;
                }

                return await context.HoldsAsync(
                    "SELECT 1 FROM custom_connector WHERE environment_id = @environment AND slug = @slug",
                    key
                )
                    ? "in_use"
                    : "not_found";
            },
            cancellationToken
        );

    private static Task PutAsync(
        WriteContext context,
        string revision,
        string slug,
        string origin,
        EnvironmentId? owner,
        string document
    ) =>
        context.ExecuteAsync(
            """
            INSERT INTO connector_revision (revision, slug, origin, owner_environment, document, created_at)
            VALUES (@revision, @slug, @origin, @owner, @document, behalf_now())
            ON CONFLICT (revision) DO NOTHING
            """,
            new
            {
                revision,
                slug,
                origin,
                owner = owner?.ToColumn(),
                document,
            }
        );
}
