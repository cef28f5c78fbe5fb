using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Behalf.Vault;

/// <summary>A ring key in clear: bytes or an RSA key, by its kind.</summary>
internal sealed record OpenRingKey(RingKey Stored, byte[]? Bytes, RSA? Rsa);

/// <summary>The key ring in clear, in memory only. Immutable; safe to call concurrently.</summary>
internal sealed class OpenRing
{
    private readonly FrozenDictionary<Guid, byte[]> _dataKeys;

    /// <exception cref="VaultSealedException">A kind does not have exactly one active key.</exception>
    public OpenRing(IReadOnlyList<OpenRingKey> keys)
    {
        Keys = keys.ToFrozenDictionary(key => key.Stored.Id);
        _dataKeys = keys.Where(key => key.Stored.Kind == RingKeyKind.Data)
            .ToFrozenDictionary(key => key.Stored.Id.Value, key => key.Bytes!);
        ActiveData = Active(keys, RingKeyKind.Data).Stored.Id;
        MacKey = Active(keys, RingKeyKind.Mac).Bytes!;
        TokenKeys = Signing(keys, RingKeyKind.TokenSigning);
        AuditKeys = Signing(keys, RingKeyKind.AuditSigning);
    }

    /// <value>All but the destroyed ones.</value>
    public IReadOnlyDictionary<RingKeyId, OpenRingKey> Keys { get; }

    public RingKeyId ActiveData { get; }

    public byte[] MacKey { get; }

    public IReadOnlyList<SigningKey> TokenKeys { get; }

    public IReadOnlyList<SigningKey> AuditKeys { get; }

    public ReadOnlySpan<byte> ActiveDataKey => _dataKeys[ActiveData.Value];

    public bool HoldsData(Guid id) => _dataKeys.ContainsKey(id);

    /// <exception cref="SealBrokenException">The ring has no such key, or it was destroyed.</exception>
    public ReadOnlySpan<byte> DataKey(Guid id) =>
        _dataKeys.TryGetValue(id, out byte[]? key)
            ? key
            : throw new SealBrokenException("The value is sealed under a key that the ring does not hold.");

    private static OpenRingKey Active(IReadOnlyList<OpenRingKey> keys, RingKeyKind kind) =>
        keys.Where(key => key.Stored.Kind == kind && key.Stored.State == RingKeyState.Active).Take(2).ToArray()
            is [var only]
            ? only
            : throw new VaultSealedException($"The key ring does not have exactly one active key of kind {kind}.");

    /// <returns>The active one first; a prepared one is among them, so that others can know it before it signs.</returns>
    private static List<SigningKey> Signing(IReadOnlyList<OpenRingKey> keys, RingKeyKind kind)
    {
        RingKeyId active = Active(keys, kind).Stored.Id;
        return
        [
            .. keys.Where(key => key.Stored.Kind == kind)
                .OrderByDescending(key => key.Stored.Id == active)
                .Select(key => new SigningKey(key.Stored.Id, key.Stored.Id == active, key.Rsa!)),
        ];
    }
}
