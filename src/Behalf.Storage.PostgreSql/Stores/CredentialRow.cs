using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class CredentialRow
{
    private const string Select = """
        SELECT a.environment_id, a.id AS account_id, a.connection_id, c.generation, c.access_sealed, c.refresh_sealed,
          c.extra_sealed, c.access_expires_at, c.refresh_expires_at, c.granted_scopes, d.wrapped_key, d.ring_key_id
        FROM account a
        JOIN credential c
          ON c.environment_id = a.environment_id AND c.account_id = a.id AND c.generation = a.generation
        JOIN account_dek d ON d.environment_id = a.environment_id AND d.account_id = a.id
        WHERE a.environment_id = @environment AND a.id = @account AND a.deleted_at IS NULL
        """;

    public required Guid EnvironmentId { get; init; }
    public required Guid AccountId { get; init; }
    public required Guid ConnectionId { get; init; }
    public required long Generation { get; init; }
    public required byte[] AccessSealed { get; init; }
    public byte[]? RefreshSealed { get; init; }
    public byte[]? ExtraSealed { get; init; }
    public long? AccessExpiresAt { get; init; }
    public long? RefreshExpiresAt { get; init; }
    public required string GrantedScopes { get; init; }
    public required byte[] WrappedKey { get; init; }
    public required Guid RingKeyId { get; init; }

    public static async Task<SealedCredential?> FindAsync(
        Session session,
        EnvironmentId environment,
        AccountId account
    ) =>
        (
            await session.FindAsync<CredentialRow>(
                Select,
                new { environment = environment.ToColumn(), account = account.ToColumn() }
            )
        )?.ToCredential();

    private SealedCredential ToCredential() =>
        new()
        {
            Key = new AccountKey(
                EnvironmentId.ToId<EnvironmentId>(),
                AccountId.ToId<AccountId>(),
                WrappedKey,
                RingKeyId.ToId<RingKeyId>()
            ),
            Connection = ConnectionId.ToId<ConnectionId>(),
            Generation = Generation,
            AccessSealed = AccessSealed,
            RefreshSealed = RefreshSealed,
            ExtraSealed = ExtraSealed,
            AccessExpiresAt = AccessExpiresAt?.ToInstant(),
            RefreshExpiresAt = RefreshExpiresAt?.ToInstant(),
            GrantedScopes = ScopeSet.Parse(GrantedScopes),
        };
}
