using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class KeyRingStore(PostgreSqlDatabase database) : IKeyRingStore
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

    private const string KeepingNodes = "SELECT count(*) FROM node WHERE kept_keys @> ARRAY[@key]::uuid[]";

    private const string HeldByNotAll = """
        SELECT 1 FROM node
        WHERE heartbeat_at > clock_timestamp() - make_interval(secs => @deadAfter)
          AND (held_keys IS NULL OR NOT held_keys @> ARRAY[@key]::uuid[])
        """;

    /// <value>No token lives longer.</value>
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(1);

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
                await LockAsync(context); // who comes second finds the first's keys
                if (await context.ValueAsync<bool>("SELECT EXISTS (SELECT 1 FROM key_ring)"))
                {
                    return;
                }

                await context.ExecuteAsync(Insert, keys.Select(Values));
            },
            cancellationToken
        );

    public Task<bool> PrepareAsync(RingKey key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                bool isPrepared = await context.ExecuteOneAsync(
                    Insert + " ON CONFLICT (kind) WHERE state = 4 DO NOTHING",
                    Values(key)
                );
                if (isPrepared)
                {
                    context.Leave(traces);
                }

                return isPrepared;
            },
            cancellationToken
        );

    public Task HoldAsync(
        IReadOnlyList<RingKeyId> keys,
        IReadOnlyList<RingKeyId> kept,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.ExecuteAsync(
                    """
                    UPDATE node SET held_keys = @keys, kept_keys = @kept
                    WHERE process = @process AND (held_keys IS DISTINCT FROM @keys OR kept_keys IS DISTINCT FROM @kept)
                    """,
                    new
                    {
                        keys = keys.Select(key => key.ToColumn()).ToArray(),
                        kept = kept.Select(key => key.ToColumn()).ToArray(),
                        process = context.Process,
                    }
                ),
            cancellationToken
        );

    public Task<bool> ActivateAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await LockAsync(context);
                var values = new { key = key.ToColumn(), deadAfter = database.DeadAfter };
                if (
                    !await context.HoldsAsync("SELECT 1 FROM key_ring WHERE id = @key AND state = 4", values)
                    || await context.HoldsAsync(HeldByNotAll, values)
                )
                {
                    return false;
                }

                await context.ExecuteAsync(
                    """
                    UPDATE key_ring SET state = 2, replaced_at = behalf_now()
                    WHERE state = 1 AND kind = (SELECT kind FROM key_ring WHERE id = @key)
                    """,
                    values
                );
                await context.ExecuteAsync("UPDATE key_ring SET state = 1 WHERE id = @key", values);
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
            async context =>
            {
                bool isStored = await context.ExecuteOneAsync(
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
                }

                return isStored;
            },
            cancellationToken
        );

    public Task<KeyDestruction> DestroyAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await LockAsync(context);
                var values = new
                {
                    key = key.ToColumn(),
                    day = TokenLife.ToColumn(),
                    rest = KeyRest.Length.ToColumn(),
                };
                if (!await context.HoldsAsync("SELECT 1 FROM key_ring WHERE id = @key AND state = 2", values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.NotDecryptOnly, 0);
                }

                if (await context.HoldsAsync(TokensMayLive, values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.TokensMayLive, 0);
                }

                long references = await context.ValueAsync<long>(References, values);
                if (references > 0)
                {
                    return new KeyDestruction(KeyDestructionOutcome.InUse, references);
                }

                if (await context.HoldsAsync(Rests, values))
                {
                    return new KeyDestruction(KeyDestructionOutcome.Resting, 0);
                }

                if (await context.ValueAsync<long>(OpenRefreshes, values) is > 0 and var open)
                {
                    return new KeyDestruction(KeyDestructionOutcome.RefreshOpen, open);
                }

                if (await context.ValueAsync<long>(KeepingNodes, values) is > 0 and var nodes)
                {
                    return new KeyDestruction(KeyDestructionOutcome.KeptByNode, nodes);
                }

                await context.ExecuteAsync(
                    """
                    UPDATE key_ring SET state = 3, wrapped_key = decode(repeat('00', length(wrapped_key)), 'hex')
                    WHERE id = @key
                    """,
                    values
                );
                context.Leave(traces);
                return new KeyDestruction(KeyDestructionOutcome.Destroyed, 0);
            },
            cancellationToken
        );

    /// <summary>One node at a time changes the ring; reading it goes on.</summary>
    private static Task<int> LockAsync(WriteContext context) =>
        context.ExecuteAsync("LOCK TABLE key_ring IN EXCLUSIVE MODE");

    private static object Values(RingKey key) =>
        new
        {
            id = key.Id.ToColumn(),
            kind = (int)key.Kind,
            state = (int)key.State,
            wrappedKey = key.WrappedKey,
            wrapper = key.Wrapper,
            createdAt = key.CreatedAt.ToColumn(),
        };

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
