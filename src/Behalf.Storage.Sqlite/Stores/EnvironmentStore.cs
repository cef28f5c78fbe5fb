using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class EnvironmentStore(SqliteDatabase database) : IEnvironmentStore
{
    private const string Select = """
        SELECT id, slug, name, public_url, verify_mode, default_verify_url, created_at, row_version FROM environment
        """;

    public Task<bool> AddAsync(DeploymentEnvironment environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO environment
                      (id, slug, name, public_url, verify_mode, default_verify_url, created_at, row_version)
                    SELECT @id, @slug, @name, @publicUrl, @mode, @verifyUrl, @createdAt, @version
                    WHERE NOT EXISTS (SELECT 1 FROM environment WHERE slug = @slug OR public_url = @publicUrl)
                    """,
                    new
                    {
                        id = environment.Id.ToColumn(),
                        slug = environment.Slug,
                        name = environment.Name,
                        publicUrl = environment.PublicUrl,
                        mode = (long)environment.VerifyMode,
                        verifyUrl = environment.DefaultVerifyUrl,
                        createdAt = environment.CreatedAt.ToColumn(),
                        version = environment.RowVersion,
                    }
                );
                if (added)
                {
                    context.Leave(traces);
                }

                return added;
            },
            cancellationToken
        );

    public Task<DeploymentEnvironment?> FindAsync(EnvironmentId id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection => connection.Find<Row>($"{Select} WHERE id = @id", ("@id", id.ToColumn()))?.ToEnvironment(),
            cancellationToken
        );

    public Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefault<Row>($"{Select} WHERE slug = @slug", new { slug })?.ToEnvironment(),
            cancellationToken
        );

    public Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DeploymentEnvironment>>(
            connection => [.. connection.Query<Row>($"{Select} ORDER BY id").Select(row => row.ToEnvironment())],
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] Id { get; init; }
        public required string Slug { get; init; }
        public required string Name { get; init; }
        public string? PublicUrl { get; init; }
        public required long VerifyMode { get; init; }
        public string? DefaultVerifyUrl { get; init; }
        public required long CreatedAt { get; init; }
        public required long RowVersion { get; init; }

        public DeploymentEnvironment ToEnvironment() =>
            new()
            {
                Id = Id.ToId<EnvironmentId>(),
                Slug = Slug,
                Name = Name,
                PublicUrl = PublicUrl,
                VerifyMode = (VerifyMode)VerifyMode,
                DefaultVerifyUrl = DefaultVerifyUrl,
                CreatedAt = CreatedAt.ToInstant(),
                RowVersion = RowVersion,
            };
    }
}
