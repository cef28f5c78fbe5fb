using Behalf.Storage.Sqlite.Columns;
using Behalf.Vault;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class KeyRingStore(SqliteDatabase database) : IKeyRingStore
{
    public Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RingKey>>(
            connection =>
                [
                    .. connection
                        .Query<Row>(
                            "SELECT id, kind, state, wrapped_key, wrapper, created_at FROM key_ring ORDER BY id"
                        )
                        .Select(row => row.ToKey()),
                ],
            cancellationToken
        );

    public Task AddFirstAsync(IReadOnlyList<RingKey> keys, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                if (context.Connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM key_ring)") != 0)
                {
                    return;
                }

                context.Execute(
                    """
                    INSERT INTO key_ring (id, kind, state, wrapped_key, wrapper, created_at)
                    VALUES (@id, @kind, @state, @wrappedKey, @wrapper, @createdAt)
                    """,
                    keys.Select(key => new
                    {
                        id = key.Id.ToColumn(),
                        kind = (long)key.Kind,
                        state = (long)key.State,
                        wrappedKey = key.WrappedKey,
                        wrapper = key.Wrapper,
                        createdAt = key.CreatedAt.ToColumn(),
                    })
                );
            },
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] Id { get; init; }
        public required long Kind { get; init; }
        public required long State { get; init; }
        public required byte[] WrappedKey { get; init; }
        public required string Wrapper { get; init; }
        public required long CreatedAt { get; init; }

        public RingKey ToKey() =>
            new(
                Id.ToId<RingKeyId>(),
                (RingKeyKind)Kind,
                (RingKeyState)State,
                WrappedKey,
                Wrapper,
                CreatedAt.ToInstant()
            );
    }
}
