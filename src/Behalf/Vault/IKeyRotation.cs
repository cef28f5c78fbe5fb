namespace Behalf.Vault;

/// <summary>
/// The life of ring keys while calls go on: prepared → handed to every node → active → what the old one wrapped is moved
/// → nothing needs the old one → destroyed. Each step is a conditional write, so any node may take it and a killed one
/// loses nothing. Safe to call concurrently.
/// </summary>
public interface IKeyRotation
{
    Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Prepares the next key of a kind; <see cref="TurnAsync"/> takes it from there, on every node.</summary>
    /// <param name="kind">Not <see cref="RingKeyKind.Mac"/>: look-ups depend on it.</param>
    /// <param name="by">Who asked, for the trail.</param>
    /// <param name="trail">The environment whose trail holds what is done to the installation.</param>
    Task<Result<RingKey>> RotateAsync(
        RingKeyKind kind,
        string by,
        EnvironmentId trail,
        CancellationToken cancellationToken
    );

    /// <summary>Destroys a decrypt-only key for good; <c>key_in_use</c> while anything stored needs it.</summary>
    Task<Result<Done>> DestroyAsync(RingKeyId key, string by, EnvironmentId trail, CancellationToken cancellationToken);

    /// <summary>
    /// One turn of what a node does: takes in what changed, says what it holds, activates what all hold, moves the ring
    /// under the root key that wraps now, and moves stored values, up to
    /// <paramref name="limit"/> of a kind, to the active data key.
    /// </summary>
    Task<KeyTurn> TurnAsync(EnvironmentId trail, int limit, CancellationToken cancellationToken);
}

/// <param name="Moved">Values that were moved to the active data key.</param>
/// <param name="More">True when the next turn has work waiting.</param>
/// <param name="Unreadable">
/// Values under replaced data keys that do not open where they stand, as far as this process has met them: nobody can move
/// them, and each keeps its key from being destroyed.
/// </param>
public sealed record KeyTurn(int Moved, bool More, int Unreadable);
