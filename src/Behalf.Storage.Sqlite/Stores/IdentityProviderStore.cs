using Behalf.People;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class IdentityProviderStore(SqliteDatabase database) : IIdentityProviderStore
{
    public Task<IdentityProvider?> FindAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                (
                    connection.QuerySingleOrDefault<Row>(
                        """
                        SELECT environment_id, issuer, client_id, client_secret_sealed, scopes, identifier_claim,
                          groups_claim
                        FROM identity_provider WHERE environment_id = @environment
                        """,
                        new { environment = environment.ToColumn() }
                    )
                )?.ToProvider(),
            cancellationToken
        );

    public Task SetAsync(IdentityProvider provider, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO identity_provider
                      (environment_id, issuer, client_id, client_secret_sealed, scopes, identifier_claim, groups_claim,
                       row_version)
                    VALUES (@environment, @issuer, @clientId, @secret, @scopes, @identifierClaim, @groupsClaim, 1)
                    ON CONFLICT (environment_id) DO UPDATE
                    SET issuer = excluded.issuer, client_id = excluded.client_id,
                      client_secret_sealed = excluded.client_secret_sealed, scopes = excluded.scopes,
                      identifier_claim = excluded.identifier_claim, groups_claim = excluded.groups_claim,
                      row_version = identity_provider.row_version + 1
                    """,
                    new
                    {
                        environment = provider.Environment.ToColumn(),
                        issuer = provider.Issuer,
                        clientId = provider.ClientId,
                        secret = provider.ClientSecretSealed,
                        scopes = provider.Scopes.ToString(),
                        identifierClaim = provider.IdentifierClaim,
                        groupsClaim = provider.GroupsClaim,
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<bool> RemoveAsync(EnvironmentId environment, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool removed = context.ExecuteOne(
                    "DELETE FROM identity_provider WHERE environment_id = @environment",
                    new { environment = environment.ToColumn() }
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required string Issuer { get; init; }
        public required string ClientId { get; init; }
        public byte[]? ClientSecretSealed { get; init; }
        public required string Scopes { get; init; }
        public required string IdentifierClaim { get; init; }
        public string? GroupsClaim { get; init; }

        public IdentityProvider ToProvider() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Issuer = Issuer,
                ClientId = ClientId,
                ClientSecretSealed = ClientSecretSealed,
                Scopes = ScopeSet.Parse(Scopes),
                IdentifierClaim = IdentifierClaim,
                GroupsClaim = GroupsClaim,
            };
    }
}
