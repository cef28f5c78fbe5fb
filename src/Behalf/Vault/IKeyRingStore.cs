namespace Behalf.Vault;

public enum RingKeyKind
{
    Data = 1,
    TokenSigning = 2,
    AuditSigning = 3,

    /// <summary>Look-ups depend on it (provider users, argument digests): it is never rotated.</summary>
    Mac = 4,
}

public enum RingKeyState
{
    /// <summary>Seals, signs, wraps. One of each kind.</summary>
    Active = 1,

    /// <summary>Opens and verifies what it sealed and signed before.</summary>
    DecryptOnly = 2,

    /// <summary>Gone: its row stays, its bytes do not.</summary>
    Destroyed = 3,

    /// <summary>Handed to every node, used by none: becomes active when all hold it. At most one of each kind.</summary>
    Prepared = 4,
}

public sealed record RingKey(
    RingKeyId Id,
    RingKeyKind Kind,
    RingKeyState State,
    byte[] WrappedKey,
    string Wrapper,
    DateTimeOffset CreatedAt
);

/// <summary>The ring as it is stored. Every change is conditional on what it was; safe to call from every node.</summary>
public interface IKeyRingStore
{
    /// <summary>In the order of creation.</summary>
    Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Adds the first key of each kind in one transaction; when another process was first, adds nothing.</summary>
    Task AddFirstAsync(IReadOnlyList<RingKey> keys, CancellationToken cancellationToken);

    /// <summary>Adds a prepared key.</summary>
    /// <returns>False when one of its kind is prepared already.</returns>
    Task<bool> PrepareAsync(RingKey key, Traces traces, CancellationToken cancellationToken);

    /// <summary>This node holds these keys, none else: what it writes down must be readable by all.</summary>
    /// <param name="kept">Those of them that values outside the database need, such as files of this node's folder.</param>
    Task HoldAsync(IReadOnlyList<RingKeyId> keys, IReadOnlyList<RingKeyId> kept, CancellationToken cancellationToken);

    /// <summary>Makes a prepared key the active one and the active one of its kind decrypt-only, in one step.</summary>
    /// <returns>False while a live node does not hold it, or when it is no longer prepared.</returns>
    Task<bool> ActivateAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken);

    /// <summary>Stores a key wrapped by another root key, if it is still wrapped as it was read.</summary>
    Task<bool> RewrapAsync(
        RingKey read,
        byte[] wrappedKey,
        string wrapper,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Overwrites a decrypt-only key that nothing refers to. A data key rests first: what was read before it was replaced is
    /// wrapped by it wherever it is used or on its way.
    /// </summary>
    Task<KeyDestruction> DestroyAsync(RingKeyId key, Traces traces, CancellationToken cancellationToken);
}

/// <summary>How long a data key that was replaced is kept at least, and why.</summary>
public static class KeyRest
{
    /// <value>
    /// Longer than a call or a refresh holds what it has read: a proxied exchange takes ten minutes, a refresh two, unless
    /// set otherwise.
    /// </value>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(15);
}

/// <summary>What came of destroying a ring key.</summary>
/// <param name="Outcome">What was done.</param>
/// <param name="References">How many stored values, refreshes or nodes still need it; zero where that is not the outcome.</param>
public sealed record KeyDestruction(KeyDestructionOutcome Outcome, long References);

public enum KeyDestructionOutcome
{
    Destroyed = 1,
    InUse = 2,

    /// <summary>Unknown, active, prepared, or destroyed before.</summary>
    NotDecryptOnly = 3,

    /// <summary>A token-signing key that was replaced less than a day ago.</summary>
    TokensMayLive = 4,

    /// <summary>A data key that was replaced a moment ago: calls and refreshes that began before may still need it.</summary>
    Resting = 5,

    /// <summary>A refresh that began before the data key was replaced has no outcome yet.</summary>
    RefreshOpen = 6,

    /// <summary>A node has files that it seals.</summary>
    KeptByNode = 7,
}

/// <summary>What is wrapped or sealed by the ring and outlives minutes, so that rotation can move it to the active key.</summary>
public interface IRingSealedStore
{
    /// <summary>Account keys (of accounts and of revocation jobs) that this ring key wraps.</summary>
    Task<IReadOnlyList<WrappedKey>> WrappedByAsync(RingKeyId key, int limit, CancellationToken cancellationToken);

    /// <summary>Stores them wrapped anew, each only if it is still wrapped as it was read, in one transaction.</summary>
    /// <returns>How many were stored.</returns>
    Task<int> RewrapAsync(
        IReadOnlyList<(WrappedKey Read, AccountKey Wrapped)> keys,
        CancellationToken cancellationToken
    );

    /// <summary>Values that this ring key itself seals.</summary>
    Task<IReadOnlyList<RingSealedValue>> SealedByAsync(RingKeyId key, int limit, CancellationToken cancellationToken);

    /// <summary>Stores them sealed anew, each only if it is still sealed as it was read, in one transaction.</summary>
    /// <returns>How many were stored.</returns>
    Task<int> ResealAsync(
        IReadOnlyList<(RingSealedValue Read, byte[] Sealed)> values,
        CancellationToken cancellationToken
    );
}

/// <param name="Key">As it was read.</param>
/// <param name="Job">The revocation job that holds it; null: the account itself.</param>
public sealed record WrappedKey(AccountKey Key, RevocationJobId? Job);

/// <param name="Place">What it is bound to.</param>
/// <param name="Column">Where the store keeps it; the store's own word.</param>
/// <param name="Sealed">As it was read.</param>
public sealed record RingSealedValue(SealPlace Place, string Column, byte[] Sealed);
