using Behalf.Connectors;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ConnectorRevisionStore(PostgreSqlDatabase database) : IConnectorRevisionStore
{
    public Task PutAsync(
        string revision,
        string slug,
        string document,
        string origin,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    """
                    INSERT INTO connector_revision (revision, slug, origin, document, created_at)
                    VALUES (@revision, @slug, @origin, @document, behalf_now())
                    ON CONFLICT (revision) DO NOTHING
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
                    WHERE sequence IN (SELECT max(sequence) FROM connector_revision GROUP BY slug)
                    ORDER BY slug
                    """
                ),
            cancellationToken
        );
}
