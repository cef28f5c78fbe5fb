using Behalf.Connectors;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class ConnectorRevisionStore(SqliteDatabase database) : IConnectorRevisionStore
{
    public Task PutAsync(
        string revision,
        string slug,
        string document,
        string origin,
        CancellationToken cancellationToken
    ) => database.WriteAsync(context => Put(context, revision, slug, origin, null, document), cancellationToken);

    public Task<string?> FindAsync(string revision, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefault<string>(
                    "SELECT document FROM connector_revision WHERE revision = @revision",
                    new { revision }
                ),
            cancellationToken
        );

    public Task<IReadOnlyList<(string Slug, string Revision)>> ListLatestAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<(string Slug, string Revision)>>(
            connection =>
                [
                    .. connection.Query<(string Slug, string Revision)>(
                        """
                        SELECT slug, revision FROM connector_revision
                        WHERE sequence IN (
                            SELECT max(sequence) FROM connector_revision WHERE owner_environment IS NULL GROUP BY slug)
                        ORDER BY slug
                        """
                    ),
                ],
            cancellationToken
        );

    public Task<IReadOnlyList<string>> ListPinnedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            connection =>
                [
                    .. connection.Query<string>(
                        "SELECT DISTINCT connector_revision FROM connection WHERE deleted_at IS NULL ORDER BY connector_revision"
                    ),
                ],
            cancellationToken
        );

    public Task<IReadOnlyList<(string Slug, string Revision)>> ListOwnAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<(string Slug, string Revision)>>(
            connection =>
                [
                    .. connection.Query<(string Slug, string Revision)>(
                        "SELECT slug, revision FROM custom_connector WHERE environment_id = @environment ORDER BY slug",
                        new { environment = environment.ToColumn() }
                    ),
                ],
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
            context =>
            {
                var values = new
                {
                    environment = environment.ToColumn(),
                    slug,
                    expected,
                    revision,
                };
                string? now = context.Connection.QuerySingleOrDefault<string>(
                    "SELECT revision FROM custom_connector WHERE environment_id = @environment AND slug = @slug",
                    values
                );
                if (now != expected)
                {
                    return false;
                }

                Put(context, revision, slug, "custom", environment, document);
                context.Execute(
                    """
                    INSERT INTO custom_connector (environment_id, slug, revision, updated_at)
                    VALUES (@environment, @slug, @revision, behalf_now())
                    ON CONFLICT DO UPDATE SET revision = excluded.revision, updated_at = excluded.updated_at
                    """,
                    values
                );
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
            context =>
            {
                var key = new { environment = environment.ToColumn(), slug };
                if (
                    context.Holds(
                        """
                        SELECT 1 FROM connection
                        WHERE environment_id = @environment AND connector = @slug AND deleted_at IS NULL LIMIT 1
                        """,
                        key
                    )
                )
                {
                    return context.Holds(
                        "SELECT 1 FROM custom_connector WHERE environment_id = @environment AND slug = @slug",
                        key
                    )
                        ? "in_use"
                        : "not_found";
                }

                bool removed = context.ExecuteOne(
                    "DELETE FROM custom_connector WHERE environment_id = @environment AND slug = @slug",
                    key
                );
                if (!removed)
                {
                    return "not_found";
                }

                context.Leave(traces);
                return null;
            },
            cancellationToken
        );

    private static void Put(
        WriteContext context,
        string revision,
        string slug,
        string origin,
        EnvironmentId? owner,
        string document
    ) =>
        context.Execute(
            """
            INSERT INTO connector_revision (revision, slug, origin, owner_environment, document, created_at)
            SELECT @revision, @slug, @origin, @owner, @document, behalf_now()
            WHERE NOT EXISTS (SELECT 1 FROM connector_revision WHERE revision = @revision)
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
