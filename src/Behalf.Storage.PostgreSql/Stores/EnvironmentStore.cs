using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class EnvironmentStore(PostgreSqlDatabase database) : IEnvironmentStore
{
    private const string Select = """
        SELECT id, slug, name, public_url, verify_mode, default_verify_url, read_back, detailed_error_logging, tool_naming,
          audit_retention_days, created_at, row_version
        FROM environment
        """;

    public Task<bool> AddAsync(DeploymentEnvironment environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                bool added = await context.ExecuteOneAsync(
                    """
                    INSERT INTO environment
                      (id, slug, name, public_url, verify_mode, default_verify_url, read_back,
                       detailed_error_logging, tool_naming, audit_retention_days, created_at, row_version)
                    VALUES
                      (@id, @slug, @name, @publicUrl, @mode, @verifyUrl, @readBack,
                       @detailedErrors, @toolNaming, @retention, @createdAt, @version)
                    ON CONFLICT DO NOTHING
                    """,
                    Values(environment)
                );
                if (added)
                {
                    context.Leave(traces);
                }

                return added;
            },
            cancellationToken
        );

    public Task<bool> ChangeAsync(
        DeploymentEnvironment environment,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool changed = await context.ExecuteOneAsync(
                    """
                    UPDATE environment
                    SET name = @name, verify_mode = @mode, default_verify_url = @verifyUrl, read_back = @readBack,
                      detailed_error_logging = @detailedErrors, tool_naming = @toolNaming,
                      audit_retention_days = @retention, row_version = row_version + 1
                    WHERE id = @id AND row_version = @version
                    """,
                    Values(environment)
                );
                if (changed)
                {
                    context.Leave(traces);
                }

                return changed;
            },
            cancellationToken
        );

    public Task<DeploymentEnvironment?> FindAsync(EnvironmentId id, CancellationToken cancellationToken) =>
        database.RecallAsync(
            "environment by id",
            id,
            user: null,
            async () =>
                (
                    await database.FindAsync<Row>($"{Select} WHERE id = $1", cancellationToken, id.ToColumn())
                )?.ToEnvironment(),
            cancellationToken
        );

    public Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
                (await session.FindAsync<Row>($"{Select} WHERE slug = @slug", new { slug }))?.ToEnvironment(),
            cancellationToken
        );

    public Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken) =>
        database.RecallAsync<IReadOnlyList<DeploymentEnvironment>>(
            "environments",
            default(ValueTuple),
            user: null,
            async () =>
                [
                    .. (await database.QueryAsync<Row>($"{Select} ORDER BY id", cancellationToken)).Select(row =>
                        row.ToEnvironment()
                    ),
                ],
            cancellationToken
        );

    private static object Values(DeploymentEnvironment environment) =>
        new
        {
            id = environment.Id.ToColumn(),
            slug = environment.Slug,
            name = environment.Name,
            publicUrl = environment.PublicUrl,
            mode = (long)environment.VerifyMode,
            verifyUrl = environment.DefaultVerifyUrl,
            readBack = environment.ReadBack,
            detailedErrors = environment.DetailedErrorLogging,
            toolNaming = environment.ToolNaming.ToString().ToLowerInvariant(),
            retention = environment.AuditRetentionDays,
            createdAt = environment.CreatedAt.ToColumn(),
            version = environment.RowVersion,
        };

    private sealed class Row
    {
        public required Guid Id { get; init; }
        public required string Slug { get; init; }
        public required string Name { get; init; }
        public string? PublicUrl { get; init; }
        public required long VerifyMode { get; init; }
        public string? DefaultVerifyUrl { get; init; }
        public required bool ReadBack { get; init; }
        public required bool DetailedErrorLogging { get; init; }
        public required string ToolNaming { get; init; }
        public int? AuditRetentionDays { get; init; }
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
                ReadBack = ReadBack,
                DetailedErrorLogging = DetailedErrorLogging,
                ToolNaming = Enum.Parse<ToolNaming>(ToolNaming, ignoreCase: true),
                AuditRetentionDays = AuditRetentionDays,
                CreatedAt = CreatedAt.ToInstant(),
                RowVersion = RowVersion,
            };
    }
}
