using Behalf.Vault;

namespace Behalf.Tests.Vault;

/// <summary>A ring in memory, with the values it wraps and seals.</summary>
internal sealed class MemoryKeyRing : IKeyRingStore, IRingSealedStore
{
    private readonly Lock _gate = new();

    public List<RingKey> Keys { get; } = [];

    public List<WrappedKey> Wrapped { get; } = [];

    public List<RingSealedValue> Sealed { get; } = [];

    /// <value>What this node said it holds.</value>
    public IReadOnlyList<RingKeyId> Held { get; private set; } = [];

    /// <value>What it said to need outside the database.</value>
    public IReadOnlyList<RingKeyId> Kept { get; private set; } = [];

    /// <value>False: another node does not hold what is prepared.</value>
    public bool OthersHoldAll { get; set; } = true;

    public int Writes { get; private set; }

    public Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<RingKey>>(() => [.. Keys]);

    public Task AddFirstAsync(IReadOnlyList<RingKey> keys, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            Writes++;
            if (Keys.Count == 0)
            {
                Keys.AddRange(keys);
            }

            return true;
        });

    public Task<bool> PrepareAsync(RingKey key, Traces traces, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            Keys.Add(key);
            return true;
        });

    public Task HoldAsync(
        IReadOnlyList<RingKeyId> keys,
        IReadOnlyList<RingKeyId> kept,
        CancellationToken cancellationToken
    ) =>
        Locked(() =>
        {
            Held = keys;
            Kept = kept;
            return true;
        });

    public Task<bool> ActivateAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            if (!OthersHoldAll || !Held.Contains(key))
            {
                return false;
            }

            RingKeyKind kind = Keys.Single(stored => stored.Id == key).Kind;
            Change(
                stored => stored.Kind == kind && stored.State == RingKeyState.Active,
                stored => stored with { State = RingKeyState.DecryptOnly }
            );
            Change(stored => stored.Id == key, stored => stored with { State = RingKeyState.Active });
            return true;
        });

    public Task<bool> RewrapAsync(
        RingKey read,
        byte[] wrappedKey,
        string wrapper,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        Locked(() =>
        {
            Change(
                stored => stored.Id == read.Id,
                stored => stored with { WrappedKey = wrappedKey, Wrapper = wrapper }
            );
            return true;
        });

    public Task<KeyDestruction> DestroyAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            int references =
                Wrapped.Count(value => value.Key.RingKey == key) + Sealed.Count(value => SealedBy(value) == key.Value);
            if (references > 0)
            {
                return new KeyDestruction(KeyDestructionOutcome.InUse, references);
            }

            Change(stored => stored.Id == key, stored => stored with { State = RingKeyState.Destroyed });
            return new KeyDestruction(KeyDestructionOutcome.Destroyed, 0);
        });

    public Task<IReadOnlyList<WrappedKey>> WrappedByAsync(
        RingKeyId key,
        int limit,
        CancellationToken cancellationToken
    ) => Locked<IReadOnlyList<WrappedKey>>(() => [.. Wrapped.Where(value => value.Key.RingKey == key).Take(limit)]);

    public Task<int> RewrapAsync(
        IReadOnlyList<(WrappedKey Read, AccountKey Wrapped)> keys,
        CancellationToken cancellationToken
    ) =>
        Locked(() =>
        {
            foreach ((WrappedKey read, AccountKey anew) in keys)
            {
                Wrapped[Wrapped.IndexOf(read)] = read with { Key = anew };
            }

            return keys.Count;
        });

    public Task<IReadOnlyList<RingSealedValue>> SealedByAsync(
        RingKeyId key,
        int limit,
        CancellationToken cancellationToken
    ) =>
        Locked<IReadOnlyList<RingSealedValue>>(() =>
            [.. Sealed.Where(value => SealedBy(value) == key.Value).Take(limit)]
        );

    public Task<int> ResealAsync(
        IReadOnlyList<(RingSealedValue Read, byte[] Sealed)> values,
        CancellationToken cancellationToken
    ) =>
        Locked(() =>
        {
            foreach ((RingSealedValue read, byte[] anew) in values)
            {
                Sealed[Sealed.IndexOf(read)] = read with { Sealed = anew };
            }

            return values.Count;
        });

    private static Guid SealedBy(RingSealedValue value) => SealedFormat.KeyIdOf(value.Sealed);

    private void Change(Predicate<RingKey> which, Func<RingKey, RingKey> change)
    {
        for (int i = 0; i < Keys.Count; i++)
        {
            if (which(Keys[i]))
            {
                Keys[i] = change(Keys[i]);
            }
        }
    }

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            return Task.FromResult(work());
        }
    }
}
