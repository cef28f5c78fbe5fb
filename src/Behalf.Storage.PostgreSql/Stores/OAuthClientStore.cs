using Behalf.Registration;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class OAuthClientStore(PostgreSqlDatabase database) : IOAuthClientStore
{
    private const string Select = """
        SELECT environment_id, id, client_id, kind, name, redirect_uris, metadata_digest, secret_digest, created_at,
          used_at, fresh_until
        FROM oauth_client
        """;

    private const string Insert = """
        INSERT INTO oauth_client
          (environment_id, id, client_id, kind, name, redirect_uris, metadata_digest, secret_digest, created_at,
           fresh_until)
        VALUES
          (@environment, @id, @clientId, @kind, @name, @redirects, @metadata, @secret, @createdAt, @freshUntil)
        """;

    public Task<OAuthClient?> FindAsync(
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async session =>
                (
                    await session.FindAsync<Row>(
                        $"{Select} WHERE environment_id = @environment AND client_id = @clientId",
                        new { environment = environment.ToColumn(), clientId }
                    )
                )?.ToClient(),
            cancellationToken
        );

    public Task<bool> AddAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                bool added = await context.ExecuteOneAsync($"{Insert} ON CONFLICT DO NOTHING", ValuesOf(client));
                if (added)
                {
                    context.Leave(traces);
                }

                return added;
            },
            cancellationToken
        );

    public Task<OAuthClient> KeepAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    $"""
                    {Insert}
                    ON CONFLICT (environment_id, client_id) DO UPDATE
                    SET name = excluded.name, redirect_uris = excluded.redirect_uris,
                      metadata_digest = excluded.metadata_digest, fresh_until = excluded.fresh_until
                    """,
                    ValuesOf(client)
                );
                context.Leave(traces);
                Row? kept = await context.FindAsync<Row>(
                    $"{Select} WHERE environment_id = @environment AND client_id = @clientId",
                    new { environment = client.Environment.ToColumn(), clientId = client.ClientId }
                );
                return kept?.ToClient() ?? throw new InvalidOperationException("A client that was just kept is gone.");
            },
            cancellationToken
        );

    public Task<IReadOnlyList<OAuthClient>> ListAsync(
        EnvironmentId environment,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<OAuthClient>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<Row>(
                            $"{Select} WHERE environment_id = @environment ORDER BY id LIMIT @limit",
                            new { environment = environment.ToColumn(), limit }
                        )
                    ).Select(row => row.ToClient()),
                ],
            cancellationToken
        );

    public Task<int> CountUnusedAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
                await session.ValueAsync<int>(
                    """
                    SELECT count(*) FROM oauth_client
                    WHERE environment_id = @environment AND kind = 2 AND used_at IS NULL
                    """,
                    new { environment = environment.ToColumn() }
                ),
            cancellationToken
        );

    public Task UsedAsync(EnvironmentId environment, OAuthClientId id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.ExecuteAsync(
                    "UPDATE oauth_client SET used_at = behalf_now() WHERE environment_id = @environment AND id = @id",
                    new { environment = environment.ToColumn(), id = id.ToColumn() }
                ),
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        string clientId,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var key = new { environment = environment.ToColumn(), clientId };
                await context.ExecuteAsync(
                    """
                    DELETE FROM oauth_consent
                    WHERE environment_id = @environment AND client IN (
                      SELECT id FROM oauth_client WHERE environment_id = @environment AND client_id = @clientId)
                    """,
                    key
                );
                await context.ExecuteAsync(
                    """
                    UPDATE oauth_grant SET ended_at = behalf_now(), end_reason = 'client_removed'
                    WHERE environment_id = @environment AND client_id = @clientId AND ended_at IS NULL
                    """,
                    key
                );
                bool removed = await context.ExecuteOneAsync(
                    "DELETE FROM oauth_client WHERE environment_id = @environment AND client_id = @clientId",
                    key
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

    public Task<int> RemoveStaleAsync(
        DateTimeOffset unusedSince,
        DateTimeOffset idleSince,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                const string Stale = """
                    kind = 2
                      AND (used_at IS NULL AND created_at < @unused OR used_at < @idle)
                      AND NOT EXISTS (
                        SELECT 1 FROM oauth_grant g
                        WHERE g.environment_id = oauth_client.environment_id AND g.client = oauth_client.id
                          AND g.ended_at IS NULL AND g.expires_at > behalf_now())
                    """;
                var times = new { unused = unusedSince.ToColumn(), idle = idleSince.ToColumn() };
                await context.ExecuteAsync(
                    $"""
                    DELETE FROM oauth_consent WHERE EXISTS (
                      SELECT 1 FROM oauth_client
                      WHERE oauth_client.environment_id = oauth_consent.environment_id
                        AND oauth_client.id = oauth_consent.client AND {Stale})
                    """,
                    times
                );
                return await context.ExecuteAsync($"DELETE FROM oauth_client WHERE {Stale}", times);
            },
            cancellationToken
        );

    private static object ValuesOf(OAuthClient client) =>
        new
        {
            environment = client.Environment.ToColumn(),
            id = client.Id.ToColumn(),
            clientId = client.ClientId,
            kind = (int)client.Kind,
            name = client.Name,
            redirects = client.RedirectUris.ToColumn(),
            metadata = client.Metadata.Hex,
            secret = client.Secret?.Hex,
            createdAt = client.CreatedAt.ToColumn(),
            freshUntil = client.FreshUntil?.ToColumn(),
        };

    private sealed class Row
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required string ClientId { get; init; }
        public required int Kind { get; init; }
        public required string Name { get; init; }
        public required string RedirectUris { get; init; }
        public required string MetadataDigest { get; init; }
        public string? SecretDigest { get; init; }
        public required long CreatedAt { get; init; }
        public long? UsedAt { get; init; }
        public long? FreshUntil { get; init; }

        public OAuthClient ToClient() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Id = Id.ToId<OAuthClientId>(),
                ClientId = ClientId,
                Kind = (OAuthClientKind)Kind,
                Name = Name,
                RedirectUris = RedirectUris.ToTexts(),
                Metadata = Digest.FromHex(MetadataDigest),
                Secret = SecretDigest is { } secret ? Digest.FromHex(secret) : null,
                CreatedAt = CreatedAt.ToInstant(),
                UsedAt = UsedAt?.ToInstant(),
                FreshUntil = FreshUntil?.ToInstant(),
            };
    }
}
