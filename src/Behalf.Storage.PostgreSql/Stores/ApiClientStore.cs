using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ApiClientStore(PostgreSqlDatabase database) : IApiClientStore
{
    /// <summary>A row for each secret that is good now; one with nulls when there is none.</summary>
    private const string Select = """
        SELECT c.environment_id, c.id, c.client_id, c.name, c.limits, c.limits_revision, c.epoch, c.enabled, c.created_at,
          s.digest AS secret_digest, s.created_at AS secret_created_at, s.not_after AS secret_not_after
        FROM api_client c LEFT JOIN api_client_secret s
          ON s.environment_id = c.environment_id AND s.client = c.id
          AND (s.not_after IS NULL OR s.not_after > behalf_now())
        """;

    public Task AddAsync(ApiClient client, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                Guid environment = client.Environment.ToColumn();
                Guid id = client.Id.ToColumn();
                await context.ExecuteAsync(
                    """
                    INSERT INTO api_client
                      (environment_id, id, client_id, name, limits, limits_revision, epoch, enabled, created_at, row_version)
                    VALUES (@environment, @id, @clientId, @name, @limits, @limitsRevision, @epoch, @enabled, @createdAt, 1)
                    """,
                    new
                    {
                        environment,
                        id,
                        clientId = client.ClientId,
                        name = client.Name,
                        limits = client.Limits.ToColumn(),
                        limitsRevision = client.LimitsRevision,
                        epoch = client.Epoch,
                        enabled = client.Enabled,
                        createdAt = client.CreatedAt.ToColumn(),
                    }
                );
                foreach (ClientSecretDigest secret in client.Secrets)
                {
                    await AddSecretAsync(context, environment, id, secret);
                }

                context.Leave(traces);
            },
            cancellationToken
        );

    public async Task<ApiClient?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken) =>
        ClientOf(
            await database.RecallAsync(
                "client by its client id",
                clientId,
                user: null,
                () =>
                    database.QueryAsync<Row>(
                        $"{Select} WHERE c.client_id = $1 ORDER BY s.number",
                        cancellationToken,
                        clientId
                    ),
                cancellationToken,
                IsThere
            )
        );

    public async Task<ApiClient?> FindAsync(
        EnvironmentId environment,
        ApiClientId id,
        CancellationToken cancellationToken
    ) =>
        ClientOf(
            await database.RecallAsync(
                "client by id",
                (environment, id),
                user: null,
                () =>
                    database.QueryAsync<Row>(
                        $"{Select} WHERE c.environment_id = $1 AND c.id = $2 ORDER BY s.number",
                        cancellationToken,
                        environment.ToColumn(),
                        id.ToColumn()
                    ),
                cancellationToken,
                IsThere
            )
        );

    /// <summary>Whoever may name anything shall not fill memory with what is not there.</summary>
    private static bool IsThere(IReadOnlyList<Row> rows) => rows.Count > 0;

    public async Task<IReadOnlyList<ApiClient>> ListAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        [
            .. (
                await database.QueryAsync<Row>(
                    $"{Select} WHERE c.environment_id = $1 ORDER BY c.id, s.number",
                    cancellationToken,
                    environment.ToColumn()
                )
            )
                .GroupBy(row => row.Id)
                .Select(rows => ClientOf([.. rows])!),
        ];

    public Task<bool> RotateSecretAsync(
        EnvironmentId environment,
        ApiClientId id,
        Digest secret,
        DateTimeOffset previousNotAfter,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var key = new { environment = environment.ToColumn(), id = id.ToColumn() };
                bool exists = await context.ExecuteOneAsync(
                    """
                    UPDATE api_client SET row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND enabled
                    """,
                    key
                );
                if (!exists)
                {
                    return false;
                }

                // At most two live: the newest before this one until the given end, the new one.
                await context.ExecuteAsync(
                    """
                    DELETE FROM api_client_secret
                    WHERE environment_id = @environment AND client = @id AND number < (
                      SELECT max(number) FROM api_client_secret WHERE environment_id = @environment AND client = @id)
                    """,
                    key
                );
                await context.ExecuteAsync(
                    """
                    UPDATE api_client_secret SET not_after = least(coalesce(not_after, @notAfter), @notAfter)
                    WHERE environment_id = @environment AND client = @id
                    """,
                    new
                    {
                        key.environment,
                        key.id,
                        notAfter = previousNotAfter.ToColumn(),
                    }
                );
                await AddSecretAsync(
                    context,
                    key.environment,
                    key.id,
                    new ClientSecretDigest(secret, await context.NowAsync(), null)
                );
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task<bool> ChangeAsync(
        EnvironmentId environment,
        ApiClientId id,
        string name,
        CredentialLimits limits,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool changed = await context.ExecuteOneAsync(
                    """
                    UPDATE api_client
                    SET name = @name, limits = @limits, row_version = row_version + 1,
                      limits_revision = limits_revision + CASE WHEN limits = @limits THEN 0 ELSE 1 END
                    WHERE environment_id = @environment AND id = @id AND enabled
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        name,
                        limits = limits.ToColumn(),
                    }
                );
                if (changed)
                {
                    context.Leave(traces);
                    context.Withdraw();
                }

                return changed;
            },
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        ApiClientId id,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool removed = await context.ExecuteOneAsync(
                    """
                    UPDATE api_client SET enabled = false, epoch = epoch + 1, row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND enabled
                    """,
                    new { environment = environment.ToColumn(), id = id.ToColumn() }
                );
                if (removed)
                {
                    context.Leave(traces);
                    context.Withdraw();
                }

                return removed;
            },
            cancellationToken
        );

    private static Task AddSecretAsync(
        WriteContext context,
        Guid environment,
        Guid client,
        ClientSecretDigest secret
    ) =>
        context.ExecuteAsync(
            """
            INSERT INTO api_client_secret (environment_id, client, number, digest, created_at, not_after)
            SELECT @environment, @client, coalesce(max(number), 0) + 1, @digest, @createdAt, @notAfter
            FROM api_client_secret WHERE environment_id = @environment AND client = @client
            """,
            new
            {
                environment,
                client,
                digest = secret.Digest.Hex,
                createdAt = secret.CreatedAt.ToColumn(),
                notAfter = secret.NotAfter?.ToColumn(),
            }
        );

    private static ApiClient? ClientOf(IReadOnlyList<Row> rows) =>
        rows is [{ } first, ..]
            ? first.ToClient([
                .. rows.Where(row => row.SecretDigest is not null)
                    .Select(row => new ClientSecretDigest(
                        Digest.FromHex(row.SecretDigest!),
                        row.SecretCreatedAt!.Value.ToInstant(),
                        row.SecretNotAfter?.ToInstant()
                    )),
            ])
            : null;

    private sealed class Row
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required string ClientId { get; init; }
        public required string Name { get; init; }
        public required string Limits { get; init; }
        public required long LimitsRevision { get; init; }
        public required long Epoch { get; init; }
        public required bool Enabled { get; init; }
        public required long CreatedAt { get; init; }
        public string? SecretDigest { get; init; }
        public long? SecretCreatedAt { get; init; }
        public long? SecretNotAfter { get; init; }

        public ApiClient ToClient(IReadOnlyList<ClientSecretDigest> secrets) =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Id = Id.ToId<ApiClientId>(),
                ClientId = ClientId,
                Name = Name,
                Limits = Limits.ToLimits(),
                LimitsRevision = LimitsRevision,
                Epoch = Epoch,
                Enabled = Enabled,
                CreatedAt = CreatedAt.ToInstant(),
                Secrets = secrets,
            };
    }
}
