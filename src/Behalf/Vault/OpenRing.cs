using System.Collections.Frozen;

namespace Behalf.Vault;

/// <summary>The key ring in clear, in memory only. Immutable; safe to call concurrently.</summary>
internal sealed class OpenRing
{
    private readonly FrozenDictionary<Guid, byte[]> _dataKeys;

    public OpenRing(
        RingKeyId activeData,
        IReadOnlyDictionary<Guid, byte[]> dataKeys,
        byte[] macKey,
        IReadOnlyList<SigningKey> tokenKeys,
        IReadOnlyList<SigningKey> auditKeys
    )
    {
        _dataKeys = dataKeys.ToFrozenDictionary();
        ActiveData = activeData;
        MacKey = macKey;
        TokenKeys = tokenKeys;
        AuditKeys = auditKeys;
    }

    public RingKeyId ActiveData { get; }

    public byte[] MacKey { get; }

    public IReadOnlyList<SigningKey> TokenKeys { get; }

    public IReadOnlyList<SigningKey> AuditKeys { get; }

    public ReadOnlySpan<byte> ActiveDataKey => _dataKeys[ActiveData.Value];

    /// <exception cref="SealBrokenException">The ring has no such key, or it was destroyed.</exception>
    public ReadOnlySpan<byte> DataKey(Guid id) =>
        _dataKeys.TryGetValue(id, out byte[]? key)
            ? key
            : throw new SealBrokenException("The value is sealed under a key that the ring does not hold.");
}
