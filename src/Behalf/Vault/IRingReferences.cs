namespace Behalf.Vault;

/// <summary>
/// Values that the ring seals and that do not stand in the rows of <see cref="IRingSealedStore"/>: they are few. Safe to
/// call concurrently.
/// </summary>
public interface IRingReferences
{
    /// <summary>How many values need this ring key.</summary>
    int CountOf(RingKeyId key);

    /// <summary>Seals them anew under the active data key; one that does not open stays as it is.</summary>
    /// <returns>How many were moved.</returns>
    int MoveFrom(RingKeyId key);
}

/// <summary>What a sealed value tells without being opened.</summary>
public static class SealedValue
{
    /// <exception cref="SealBrokenException">Truncated, or of an unknown version.</exception>
    public static RingKeyId RingKeyOf(ReadOnlySpan<byte> value) => new(SealedFormat.KeyIdOf(value));
}
