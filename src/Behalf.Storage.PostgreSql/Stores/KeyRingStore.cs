using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class KeyRingStore(PostgreSqlDatabase database) : IKeyRingStore
{
    public Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RingKey>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<Row>(
                            "SELECT id, kind, state, wrapped_key, wrapper, created_at FROM key_ring ORDER BY id"
                        )
                    ).Select(row => row.ToKey()),
                ],
            cancellationToken
        );

    public Task AddFirstAsync(IReadOnlyList<RingKey> keys, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync("LOCK TABLE key_ring IN EXCLUSIVE MODE"); // who comes second finds the first's keys
                if (await context.ValueAsync<bool>("SELECT EXISTS (SELECT 1 FROM key_ring)"))
                {
                    return;
                }

                await context.ExecuteAsync(
                    """
                    INSERT INTO key_ring (id, kind, state, wrapped_key, wrapper, created_at)
                    VALUES (@id, @kind, @state, @wrappedKey, @wrapper, @createdAt)
                    """,
                    keys.Select(key => new
                    {
                        id = key.Id.ToColumn(),
                        kind = (int)key.Kind,
                        state = (int)key.State,
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
        public required Guid Id { get; init; }
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
