using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Vault;

namespace Behalf.Storage.Sqlite.Stores;

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

    public required byte[] EnvironmentId { get; init; }
    public required byte[] AccountId { get; init; }
    public required byte[] ConnectionId { get; init; }
    public required long Generation { get; init; }
    public required byte[] AccessSealed { get; init; }
    public byte[]? RefreshSealed { get; init; }
    public byte[]? ExtraSealed { get; init; }
    public long? AccessExpiresAt { get; init; }
    public long? RefreshExpiresAt { get; init; }
    public required string GrantedScopes { get; init; }
    public required byte[] WrappedKey { get; init; }
    public required byte[] RingKeyId { get; init; }

    public static SealedCredential? Find(PreparedConnection reader, EnvironmentId environment, AccountId account) =>
        reader
            .Find<CredentialRow>(Select, ("@environment", environment.ToColumn()), ("@account", account.ToColumn()))
            ?.ToCredential();

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
