using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class EnvironmentStore(SqliteDatabase database) : IEnvironmentStore
{
    private const string Select = """
        SELECT id, slug, name, public_url, verify_mode, default_verify_url, read_back, detailed_error_logging, tool_naming,
          audit_retention_days, created_at, row_version
        FROM environment
        """;

    public Task<bool> AddAsync(DeploymentEnvironment environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO environment
                      (id, slug, name, public_url, verify_mode, default_verify_url, read_back,
                       detailed_error_logging, tool_naming, audit_retention_days, created_at, row_version)
                    SELECT @id, @slug, @name, @publicUrl, @mode, @verifyUrl, @readBack,
                      @detailedErrors, @toolNaming, @retention, @createdAt, @version
                    WHERE NOT EXISTS (SELECT 1 FROM environment WHERE slug = @slug OR public_url = @publicUrl)
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
            context =>
            {
                bool changed = context.ExecuteOne(
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
            static (reader, id) =>
                reader.Find<Row>($"{Select} WHERE id = @id", ("@id", id.ToColumn()))?.ToEnvironment(),
            cancellationToken
        );

    public Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefault<Row>($"{Select} WHERE slug = @slug", new { slug })?.ToEnvironment(),
            cancellationToken
        );

    public Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken) =>
        database.RecallAsync<ValueTuple, IReadOnlyList<DeploymentEnvironment>>(
            "environments",
            default,
            static (reader, _) => [.. reader.Query<Row>($"{Select} ORDER BY id").Select(row => row.ToEnvironment())],
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
        public required byte[] Id { get; init; }
        public required string Slug { get; init; }
        public required string Name { get; init; }
        public string? PublicUrl { get; init; }
        public required long VerifyMode { get; init; }
        public string? DefaultVerifyUrl { get; init; }
        public required long ReadBack { get; init; }
        public required long DetailedErrorLogging { get; init; }
        public required string ToolNaming { get; init; }
        public long? AuditRetentionDays { get; init; }
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
                ReadBack = ReadBack != 0,
                DetailedErrorLogging = DetailedErrorLogging != 0,
                ToolNaming = Enum.Parse<ToolNaming>(ToolNaming, ignoreCase: true),
                AuditRetentionDays = (int?)AuditRetentionDays,
                CreatedAt = CreatedAt.ToInstant(),
                RowVersion = RowVersion,
            };
    }
}
