using Behalf.Storage.Sqlite.Columns;
using Behalf.Vault;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class KeyRingStore(SqliteDatabase database) : IKeyRingStore
{
    private const string Insert = """
        INSERT INTO key_ring (id, kind, state, wrapped_key, wrapper, created_at)
        VALUES (@id, @kind, @state, @wrappedKey, @wrapper, @createdAt)
        """;

    // Kind 2 signs tokens; the key that replaced this one began to sign when it was made, or later.
    private const string TokensMayLive = """
        SELECT 1 FROM key_ring k
        WHERE k.id = @key AND k.kind = 2
          AND EXISTS (
            SELECT 1 FROM key_ring n WHERE n.kind = 2 AND n.state = 1 AND n.created_at > behalf_now() - @day)
        """;

    // Kind 1 wraps and seals.
    private const string Rests = """
        SELECT 1 FROM key_ring WHERE id = @key AND kind = 1 AND replaced_at > behalf_now() - @rest
        """;

    /// <summary>Whoever holds such a lease may have the new pair already, in hand or in a spool.</summary>
    private const string OpenRefreshes = """
        SELECT count(*) FROM key_ring k
        JOIN refresh_state r ON r.owner IS NOT NULL AND r.attempt_state IN (1, 6)
          AND (r.attempt_at IS NULL OR r.attempt_at < k.replaced_at)
        WHERE k.id = @key AND k.kind = 1
        """;

    private const string References = $"""
        SELECT (SELECT count(*) FROM account_dek WHERE ring_key_id = @key)
          + (SELECT count(*) FROM revocation_job WHERE ring_key_id = @key)
          + (SELECT count(*) FROM audit_checkpoint WHERE ring_key_id = @key)
          + (SELECT count(*) FROM audit_anchor WHERE ring_key_id = @key)
          + {RingSealedColumns.Count}
        """;

    /// <value>No token lives longer.</value>
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(1);

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

                context.Execute(Insert, keys.Select(Values));
            },
            cancellationToken
        );

    public Task<bool> PrepareAsync(RingKey key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool isUnderWay = context.Holds(
                    "SELECT 1 FROM key_ring WHERE kind = @kind AND state = 4",
                    new { kind = (long)key.Kind }
                );
                if (!isUnderWay)
                {
                    context.Execute(Insert, Values(key));
                    context.Leave(traces);
                }

                return !isUnderWay;
            },
            cancellationToken
        );

    /// <summary>One process serves the folder, and it read the ring that it holds.</summary>
    public Task HoldAsync(
        IReadOnlyList<RingKeyId> keys,
        IReadOnlyList<RingKeyId> kept,
        CancellationToken cancellationToken
    ) => Task.CompletedTask;

    public Task<bool> ActivateAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                var values = new { key = key.ToColumn() };
                if (!context.Holds("SELECT 1 FROM key_ring WHERE id = @key AND state = 4", values))
                {
                    return false;
                }

                context.Execute(
                    """
                    UPDATE key_ring SET state = 2, replaced_at = behalf_now()
                    WHERE state = 1 AND kind = (SELECT kind FROM key_ring WHERE id = @key)
                    """,
                    values
                );
                context.Execute("UPDATE key_ring SET state = 1 WHERE id = @key", values);
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    public Task<bool> RewrapAsync(
        RingKey read,
        byte[] wrappedKey,
        string wrapper,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool isStored = context.ExecuteOne(
                    """
                    UPDATE key_ring SET wrapped_key = @wrappedKey, wrapper = @wrapper
                    WHERE id = @id AND wrapped_key = @read AND state <> 3
                    """,
                    new
                    {
                        id = read.Id.ToColumn(),
                        read = read.WrappedKey,
                        wrappedKey,
                        wrapper,
                    }
                );
                if (isStored)
                {
                    context.Leave(traces);
                    context.Shredded();
                }

                return isStored;
            },
            cancellationToken
        );

    public Task<KeyDestruction> DestroyAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                var values = new
                {
                    key = key.ToColumn(),
                    day = TokenLife.ToColumn(),
                    rest = KeyRest.Length.ToColumn(),
                };
                if (!context.Holds("SELECT 1 FROM key_ring WHERE id = @key AND state = 2", values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.NotDecryptOnly, 0);
                }

                if (context.Holds(TokensMayLive, values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.TokensMayLive, 0);
                }

                long references = context.Connection.ExecuteScalar<long>(References, values);
                if (references > 0)
                {
                    return new KeyDestruction(KeyDestructionOutcome.InUse, references);
                }

                if (context.Holds(Rests, values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.Resting, 0);
                }

                if (context.Connection.ExecuteScalar<long>(OpenRefreshes, values) is > 0 and var open)
                {
                    return new KeyDestruction(KeyDestructionOutcome.RefreshOpen, open);
                }

                context.Execute(
                    "UPDATE key_ring SET state = 3, wrapped_key = zeroblob(length(wrapped_key)) WHERE id = @key",
                    values
                );
                context.Leave(traces);
                context.Shredded();
                return new KeyDestruction(KeyDestructionOutcome.Destroyed, 0);
            },
            cancellationToken
        );

    private static object Values(RingKey key) =>
        new
        {
            id = key.Id.ToColumn(),
            kind = (long)key.Kind,
            state = (long)key.State,
            wrappedKey = key.WrappedKey,
            wrapper = key.Wrapper,
            createdAt = key.CreatedAt.ToColumn(),
        };

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
