using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class ApiClientStore(SqliteDatabase database) : IApiClientStore
{
    private const string Select = """
        SELECT environment_id, id, client_id, name, limits, limits_revision, epoch, enabled, created_at FROM api_client
        """;

    public Task AddAsync(ApiClient client, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                byte[] environment = client.Environment.ToColumn();
                byte[] id = client.Id.ToColumn();
                context.Execute(
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
                    AddSecret(context, environment, id, secret);
                }

                context.Leave(traces);
            },
            cancellationToken
        );

    public async Task<ApiClient?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken) =>
        WithLiveSecrets(
            await database.RecallAsync(
                "client by its client id",
                clientId,
                static (reader, id) => Find(reader, $"{Select} WHERE client_id = @clientId", ("@clientId", id)),
                cancellationToken
            )
        );

    public async Task<ApiClient?> FindAsync(
        EnvironmentId environment,
        ApiClientId id,
        CancellationToken cancellationToken
    ) =>
        WithLiveSecrets(
            await database.RecallAsync(
                "client by id",
                (environment, id),
                static (reader, key) =>
                    Find(
                        reader,
                        $"{Select} WHERE environment_id = @environment AND id = @id",
                        ("@environment", key.environment.ToColumn()),
                        ("@id", key.id.ToColumn())
                    ),
                cancellationToken
            )
        );

    public Task<IReadOnlyList<ApiClient>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ApiClient>>(
            connection =>
                [
                    .. connection
                        .Query<Row>(
                            $"{Select} WHERE environment_id = @environment ORDER BY id",
                            new { environment = environment.ToColumn() }
                        )
                        .Select(row => WithLiveSecrets(row.ToClient(SecretsOf(connection, row)))!),
                ],
            cancellationToken
        );

    public Task<bool> RotateSecretAsync(
        EnvironmentId environment,
        ApiClientId id,
        Digest secret,
        DateTimeOffset previousNotAfter,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                var key = new { environment = environment.ToColumn(), id = id.ToColumn() };
                bool exists = context.ExecuteOne(
                    """
                    UPDATE api_client SET row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND enabled = 1
                    """,
                    key
                );
                if (!exists)
                {
                    return false;
                }

                // At most two live: the newest before this one until the given end, the new one.
                context.Execute(
                    """
                    DELETE FROM api_client_secret
                    WHERE environment_id = @environment AND client = @id AND number < (
                      SELECT max(number) FROM api_client_secret WHERE environment_id = @environment AND client = @id)
                    """,
                    key
                );
                context.Execute(
                    """
                    UPDATE api_client_secret SET not_after = min(coalesce(not_after, @notAfter), @notAfter)
                    WHERE environment_id = @environment AND client = @id
                    """,
                    new
                    {
                        key.environment,
                        key.id,
                        notAfter = previousNotAfter.ToColumn(),
                    }
                );
                AddSecret(context, key.environment, key.id, new ClientSecretDigest(secret, context.Now, null));
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
            context =>
            {
                bool changed = context.ExecuteOne(
                    """
                    UPDATE api_client
                    SET name = @name, limits = @limits, row_version = row_version + 1,
                      limits_revision = limits_revision + CASE WHEN limits = @limits THEN 0 ELSE 1 END
                    WHERE environment_id = @environment AND id = @id AND enabled = 1
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
            context =>
            {
                bool removed = context.ExecuteOne(
                    """
                    UPDATE api_client SET enabled = 0, epoch = epoch + 1, row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND enabled = 1
                    """,
                    new { environment = environment.ToColumn(), id = id.ToColumn() }
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private static void AddSecret(WriteContext context, byte[] environment, byte[] client, ClientSecretDigest secret) =>
        context.Execute(
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

    private static ApiClient? Find(
        PreparedConnection connection,
        string sql,
        params ReadOnlySpan<(string Name, object Value)> key
    ) => connection.Find<Row>(sql, key) is { } row ? row.ToClient(SecretsOf(connection, row)) : null;

    private ApiClient? WithLiveSecrets(ApiClient? client) =>
        client is null || client.Secrets.All(secret => secret.NotAfter is null)
            ? client
            : client with
            {
                Secrets = [.. client.Secrets.Where(secret => secret.NotAfter is not { } end || database.Now < end)],
            };

    private static ClientSecretDigest[] SecretsOf(PreparedConnection connection, Row row) =>
        [
            .. connection
                .Rows<SecretRow>(
                    """
                    SELECT digest, created_at, not_after FROM api_client_secret
                    WHERE environment_id = @environment AND client = @client
                    ORDER BY number
                    """,
                    ("@environment", row.EnvironmentId),
                    ("@client", row.Id)
                )
                .Select(secret => new ClientSecretDigest(
                    Digest.FromHex(secret.Digest),
                    secret.CreatedAt.ToInstant(),
                    secret.NotAfter?.ToInstant()
                )),
        ];

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required string ClientId { get; init; }
        public required string Name { get; init; }
        public required string Limits { get; init; }
        public required long LimitsRevision { get; init; }
        public required long Epoch { get; init; }
        public required long Enabled { get; init; }
        public required long CreatedAt { get; init; }

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
                Enabled = Enabled != 0,
                CreatedAt = CreatedAt.ToInstant(),
                Secrets = secrets,
            };
    }

    private sealed class SecretRow
    {
        public required string Digest { get; init; }
        public required long CreatedAt { get; init; }
        public long? NotAfter { get; init; }
    }
}
