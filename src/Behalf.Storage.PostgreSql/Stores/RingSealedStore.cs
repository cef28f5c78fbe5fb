using Behalf.People;
using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>What rotation moves from one ring key to the next; flows end by themselves and are not moved.</summary>
internal sealed class RingSealedStore(PostgreSqlDatabase database) : IRingSealedStore
{
    private const string ClientSecret = "connection.client_secret_sealed";
    private const string ProviderSecret = "identity_provider.client_secret_sealed";
    private const string TotpKey = "person.totp_sealed";

    public Task<IReadOnlyList<WrappedKey>> WrappedByAsync(
        RingKeyId key,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<WrappedKey>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<KeyRow>(
                            """
                            SELECT environment_id, account_id, NULL::uuid AS job_id, wrapped_key
                            FROM account_dek WHERE ring_key_id = @key
                            UNION ALL
                            SELECT environment_id, account_id, id AS job_id, wrapped_key
                            FROM revocation_job WHERE ring_key_id = @key
                            LIMIT @limit
                            """,
                            new { key = key.ToColumn(), limit }
                        )
                    ).Select(row => row.ToKey(key)),
                ],
            cancellationToken
        );

    public Task<int> RewrapAsync(
        IReadOnlyList<(WrappedKey Read, AccountKey Wrapped)> keys,
        CancellationToken cancellationToken
    ) =>
        keys.Count == 0
            ? Task.FromResult(0)
            : database.WriteAsync(
                async context =>
                {
                    int stored = 0;
                    foreach ((WrappedKey read, AccountKey wrapped) in keys)
                    {
                        stored += await RewrapAsync(context, read, wrapped) ? 1 : 0;
                    }

                    return stored;
                },
                cancellationToken
            );

    public Task<IReadOnlyList<RingSealedValue>> SealedByAsync(
        RingKeyId key,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<RingSealedValue>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<SecretRow>(
                            $"""
                            SELECT '{ClientSecret}' AS place, environment_id, id, NULL::text COLLATE "C" AS identifier, client_secret_sealed AS value
                            FROM connection WHERE substr(client_secret_sealed, 2, 16) = uuid_send(@key)
                            UNION ALL
                            SELECT '{ProviderSecret}', environment_id, environment_id, NULL::text COLLATE "C", client_secret_sealed
                            FROM identity_provider WHERE substr(client_secret_sealed, 2, 16) = uuid_send(@key)
                            UNION ALL
                            SELECT '{TotpKey}', environment_id, environment_id, identifier, totp_sealed
                            FROM person WHERE substr(totp_sealed, 2, 16) = uuid_send(@key)
                            LIMIT @limit
                            """,
                            new { key = key.ToColumn(), limit }
                        )
                    ).Select(row => row.ToValue()),
                ],
            cancellationToken
        );

    public Task<int> ResealAsync(
        IReadOnlyList<(RingSealedValue Read, byte[] Sealed)> values,
        CancellationToken cancellationToken
    ) =>
        values.Count == 0
            ? Task.FromResult(0)
            : database.WriteAsync(
                async context =>
                {
                    int stored = 0;
                    foreach ((RingSealedValue read, byte[] anew) in values)
                    {
                        stored += await ResealAsync(context, read, anew) ? 1 : 0;
                    }

                    return stored;
                },
                cancellationToken
            );

    private static Task<bool> RewrapAsync(WriteContext context, WrappedKey read, AccountKey wrapped) =>
        context.ExecuteOneAsync(
            read.Job is null
                ? """
                UPDATE account_dek SET wrapped_key = @wrapped, ring_key_id = @ring
                WHERE environment_id = @environment AND account_id = @account AND wrapped_key = @read
                """
                : """
                UPDATE revocation_job SET wrapped_key = @wrapped, ring_key_id = @ring
                WHERE environment_id = @environment AND id = @job AND wrapped_key = @read
                """,
            new
            {
                environment = read.Key.Environment.ToColumn(),
                account = read.Key.Account.ToColumn(),
                job = read.Job?.ToColumn(),
                read = read.Key.WrappedKey,
                wrapped = wrapped.WrappedKey,
                ring = wrapped.RingKey.ToColumn(),
            }
        );

    private static Task<bool> ResealAsync(WriteContext context, RingSealedValue read, byte[] anew) =>
        context.ExecuteOneAsync(
            read.Column switch
            {
                ClientSecret => """
                UPDATE connection SET client_secret_sealed = @anew
                WHERE environment_id = @environment AND client_secret_sealed = @read
                """,
                ProviderSecret => """
                UPDATE identity_provider SET client_secret_sealed = @anew
                WHERE environment_id = @environment AND client_secret_sealed = @read
                """,
                TotpKey => """
                UPDATE person SET totp_sealed = @anew
                WHERE environment_id = @environment AND totp_sealed = @read
                """,
                _ => throw new ArgumentException($"{read.Column} is not a column of this store.", nameof(read)),
            },
            new
            {
                environment = read.Place.Environment.ToColumn(),
                read = read.Sealed,
                anew,
            }
        );

    private sealed class KeyRow
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid AccountId { get; init; }
        public Guid? JobId { get; init; }
        public required byte[] WrappedKey { get; init; }

        public WrappedKey ToKey(RingKeyId ring) =>
            new(
                new AccountKey(EnvironmentId.ToId<EnvironmentId>(), AccountId.ToId<AccountId>(), WrappedKey, ring),
                JobId?.ToId<RevocationJobId>()
            );
    }

    private sealed class SecretRow
    {
        public required string Place { get; init; }
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public string? Identifier { get; init; }
        public required byte[] Value { get; init; }

        public RingSealedValue ToValue() => new(PlaceOf(), Place, Value);

        private SealPlace PlaceOf()
        {
            EnvironmentId environment = EnvironmentId.ToId<EnvironmentId>();
            ConnectionId connection = Id.ToId<ConnectionId>();
            return Place switch
            {
                ClientSecret => new SealPlace(environment, connection, connection.Value, SealedFields.ClientSecret),
                ProviderSecret => PersonSeals.ClientSecret(environment),
                _ => PersonSeals.TotpKey(environment, Behalf.Identifier.Parse(Identifier!)),
            };
        }
    }
}
