using Behalf.Grants;
using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class GrantStore(SqliteDatabase database) : IGrantStore
{
    private const string Select = """
        SELECT environment_id, id, client, client_id, client_name, identifier, incarnation, epoch, resource, scopes,
          redirect_uri, code_challenge, code_digest, code_expires_at, redeemed_at, refresh_digest, replaced_digest,
          replaced_at, pushed_request, created_at, expires_at, ended_at
        FROM oauth_grant
        """;

    public Task<bool> AddAsync(Grant grant, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO oauth_grant
                      (environment_id, id, client, client_id, client_name, identifier, incarnation, epoch, resource,
                       scopes, redirect_uri, code_challenge, code_digest, code_expires_at, pushed_request,
                       created_at, expires_at)
                    VALUES
                      (@environment, @id, @client, @clientId, @clientName, @identifier, @incarnation, @epoch, @resource,
                       @scopes, @redirectUri, @challenge, @code, @codeExpiresAt, @pushed, @createdAt, @expiresAt)
                    ON CONFLICT (environment_id, pushed_request) WHERE pushed_request IS NOT NULL DO NOTHING
                    """,
                    new
                    {
                        environment = grant.Environment.ToColumn(),
                        id = grant.Id.ToColumn(),
                        client = grant.Client.ToColumn(),
                        clientId = grant.ClientId,
                        clientName = grant.ClientName,
                        identifier = grant.Identifier.Value,
                        incarnation = grant.Epoch.Incarnation,
                        epoch = grant.Epoch.Epoch,
                        resource = grant.Resource,
                        scopes = grant.Scopes.ToString(),
                        redirectUri = grant.RedirectUri,
                        challenge = grant.CodeChallenge,
                        code = grant.Code.Hex,
                        codeExpiresAt = grant.CodeExpiresAt.ToColumn(),
                        pushed = grant.PushedRequest?.Hex,
                        createdAt = grant.CreatedAt.ToColumn(),
                        expiresAt = grant.ExpiresAt.ToColumn(),
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

    public Task<Grant?> FindAsync(EnvironmentId environment, GrantId id, CancellationToken cancellationToken) =>
        database.RecallAsync(
            "grant",
            (environment, id),
            static (reader, key) =>
                (
                    reader.QuerySingleOrDefault<Row>(
                        $"{Select} WHERE environment_id = @environment AND id = @id",
                        Key(key.environment, key.id)
                    )
                )?.ToGrant(),
            cancellationToken
        );

    public Task<Grant?> FindByCodeAsync(Digest code, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                (
                    connection.QuerySingleOrDefault<Row>($"{Select} WHERE code_digest = @code", new { code = code.Hex })
                )?.ToGrant(),
            cancellationToken
        );

    public Task<bool> RedeemAsync(
        EnvironmentId environment,
        GrantId id,
        Digest? refresh,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.ExecuteOne(
                    """
                    UPDATE oauth_grant SET redeemed_at = behalf_now(), refresh_digest = @refresh, expires_at = @expiresAt
                    WHERE environment_id = @environment AND id = @id AND redeemed_at IS NULL AND ended_at IS NULL
                      AND code_expires_at > behalf_now()
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        refresh = refresh?.Hex,
                        expiresAt = expiresAt.ToColumn(),
                    }
                ),
            cancellationToken
        );

    public Task<bool> RotateAsync(
        EnvironmentId environment,
        GrantId id,
        Digest current,
        Digest next,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.ExecuteOne(
                    """
                    UPDATE oauth_grant
                    SET refresh_digest = @next, replaced_digest = @current, replaced_at = behalf_now(),
                      expires_at = @expiresAt
                    WHERE environment_id = @environment AND id = @id AND refresh_digest = @current AND ended_at IS NULL
                      AND expires_at > behalf_now()
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        current = current.Hex,
                        next = next.Hex,
                        expiresAt = expiresAt.ToColumn(),
                    }
                ),
            cancellationToken
        );

    public Task<bool> EndAsync(
        EnvironmentId environment,
        GrantId id,
        string reason,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool ended = context.ExecuteOne(
                    """
                    UPDATE oauth_grant SET ended_at = behalf_now(), end_reason = @reason
                    WHERE environment_id = @environment AND id = @id AND ended_at IS NULL
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        reason,
                    }
                );
                if (ended)
                {
                    context.Leave(traces);
                }

                return ended;
            },
            cancellationToken
        );

    public Task<Consent?> FindConsentAsync(
        EnvironmentId environment,
        Identifier identifier,
        OAuthClientId client,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                (
                    connection.QuerySingleOrDefault<ConsentRow>(
                        """
                        SELECT environment_id, identifier, client, incarnation, scopes, metadata_digest FROM oauth_consent
                        WHERE environment_id = @environment AND identifier = @identifier AND client = @client
                        """,
                        new
                        {
                            environment = environment.ToColumn(),
                            identifier = identifier.Value,
                            client = client.ToColumn(),
                        }
                    )
                )?.ToConsent(),
            cancellationToken
        );

    public Task KeepConsentAsync(Consent consent, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO oauth_consent
                      (environment_id, identifier, client, incarnation, scopes, metadata_digest, given_at)
                    VALUES (@environment, @identifier, @client, @incarnation, @scopes, @metadata, behalf_now())
                    ON CONFLICT (environment_id, identifier, client) DO UPDATE
                    SET incarnation = excluded.incarnation, scopes = excluded.scopes,
                      metadata_digest = excluded.metadata_digest, given_at = excluded.given_at
                    """,
                    new
                    {
                        environment = consent.Environment.ToColumn(),
                        identifier = consent.Identifier.Value,
                        client = consent.Client.ToColumn(),
                        incarnation = consent.Incarnation,
                        scopes = consent.Scopes.ToString(),
                        metadata = consent.Metadata.Hex,
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<int> RemoveEndedAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.Execute(
                    "DELETE FROM oauth_grant WHERE expires_at < @before OR ended_at < @before",
                    new { before = before.ToColumn() }
                ),
            cancellationToken
        );

    private static object Key(EnvironmentId environment, GrantId id) =>
        new { environment = environment.ToColumn(), id = id.ToColumn() };

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required byte[] Client { get; init; }
        public required string ClientId { get; init; }
        public required string ClientName { get; init; }
        public required string Identifier { get; init; }
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }
        public required string Resource { get; init; }
        public required string Scopes { get; init; }
        public string? RedirectUri { get; init; }
        public string? CodeChallenge { get; init; }
        public required string CodeDigest { get; init; }
        public required long CodeExpiresAt { get; init; }
        public long? RedeemedAt { get; init; }
        public string? RefreshDigest { get; init; }
        public string? ReplacedDigest { get; init; }
        public long? ReplacedAt { get; init; }
        public string? PushedRequest { get; init; }
        public required long CreatedAt { get; init; }
        public required long ExpiresAt { get; init; }
        public long? EndedAt { get; init; }

        public Grant ToGrant() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Id = Id.ToId<GrantId>(),
                Client = Client.ToId<OAuthClientId>(),
                ClientId = ClientId,
                ClientName = ClientName,
                Identifier = Behalf.Identifier.Parse(Identifier),
                Epoch = new UserEpoch(Incarnation, Epoch),
                Resource = Resource,
                Scopes = ScopeSet.Parse(Scopes),
                RedirectUri = RedirectUri,
                CodeChallenge = CodeChallenge,
                Code = Digest.FromHex(CodeDigest),
                CodeExpiresAt = CodeExpiresAt.ToInstant(),
                RedeemedAt = RedeemedAt?.ToInstant(),
                Refresh = RefreshDigest is { } refresh ? Digest.FromHex(refresh) : null,
                Replaced = ReplacedDigest is { } replaced ? Digest.FromHex(replaced) : null,
                ReplacedAt = ReplacedAt?.ToInstant(),
                PushedRequest = PushedRequest is { } pushed ? Digest.FromHex(pushed) : null,
                CreatedAt = CreatedAt.ToInstant(),
                ExpiresAt = ExpiresAt.ToInstant(),
                EndedAt = EndedAt?.ToInstant(),
            };
    }

    private sealed class ConsentRow
    {
        public required byte[] EnvironmentId { get; init; }
        public required string Identifier { get; init; }
        public required byte[] Client { get; init; }
        public required long Incarnation { get; init; }
        public required string Scopes { get; init; }
        public required string MetadataDigest { get; init; }

        public Consent ToConsent() =>
            new(
                EnvironmentId.ToId<EnvironmentId>(),
                Behalf.Identifier.Parse(Identifier),
                Client.ToId<OAuthClientId>(),
                Incarnation,
                ScopeSet.Parse(Scopes),
                Digest.FromHex(MetadataDigest)
            );
    }
}
