using Behalf.Connectors;
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
    ) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO connector_revision (revision, slug, origin, document, created_at)
                    SELECT @revision, @slug, @origin, @document, behalf_now()
                    WHERE NOT EXISTS (SELECT 1 FROM connector_revision WHERE revision = @revision)
                    """,
                    new
                    {
                        revision,
                        slug,
                        origin,
                        document,
                    }
                );
            },
            cancellationToken
        );

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
                        WHERE sequence IN (SELECT max(sequence) FROM connector_revision GROUP BY slug)
                        ORDER BY slug
                        """
                    ),
                ],
            cancellationToken
        );
}
