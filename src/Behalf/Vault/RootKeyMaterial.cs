using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Behalf.Vault;

/// <summary>
/// The 32 bytes of a root key that is held locally. Its id is derived from the key, so the same key has the same id
/// wherever it comes from. Safe to call concurrently.
/// </summary>
internal sealed class RootKeyMaterial
{
    /// <value>In bytes.</value>
    public const int Length = 32;

    private static readonly byte[] FormatLabel = "behalf root wrap v1"u8.ToArray();
    private readonly byte[] _key;

    private RootKeyMaterial(byte[] key)
    {
        _key = key;
        Id = IdOf(key);
    }

    /// <value>16 bytes; tells keys apart, reveals nothing of them.</value>
    public Guid Id { get; }

    public static RootKeyMaterial Random() => new(RandomNumberGenerator.GetBytes(Length));

    /// <param name="text">Base64 of exactly 32 bytes.</param>
    /// <param name="material">The key, when the answer is true.</param>
    /// <param name="problem">What is wrong with it, without the value, when the answer is false.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out RootKeyMaterial? material,
        [NotNullWhen(false)] out string? problem
    )
    {
        material = null;
        byte[] key = new byte[Length];
        if (text.Length > 64 || !Convert.TryFromBase64Chars(text, key, out int length))
        {
            problem = $"is not base64 of {Length} bytes";
        }
        else if (length != Length)
        {
            problem = $"has {length} bytes instead of {Length}";
        }
        else if (LooksMadeUp(key))
        {
            problem = "is a default or typed value, not random bytes";
        }
        else
        {
            material = new RootKeyMaterial(key);
            problem = null;
            return true;
        }

        CryptographicOperations.ZeroMemory(key);
        return false;
    }

    public string ToBase64() => Convert.ToBase64String(_key);

    public bool Matches(RootKeyMaterial other) => CryptographicOperations.FixedTimeEquals(_key, other._key);

    public byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData) =>
        SealedFormat.Seal(_key, Id, key, Bind(associatedData));

    /// <exception cref="VaultSealedException">Wrapped by another root key, or altered.</exception>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associatedData)
    {
        try
        {
            return SealedFormat.KeyIdOf(wrapped) == Id
                ? SealedFormat.Open(_key, wrapped, Bind(associatedData))
                : throw new VaultSealedException(
                    $"The key ring was wrapped by root key {SealedFormat.KeyIdOf(wrapped):n}, and this is root key {Id:n}. Start with the root key that belongs to this database."
                );
        }
        catch (SealBrokenException broken)
        {
            throw new VaultSealedException("A key of the ring was altered: " + broken.Message, broken);
        }
    }

    public override string ToString() => $"root key {Id:n}";

    private byte[] Bind(ReadOnlySpan<byte> associatedData) =>
        new AssociatedData(FormatLabel).Id(Id).Bytes(associatedData).Build();

    private static Guid IdOf(byte[] key)
    {
        Span<byte> id = stackalloc byte[16];
        HKDF.Expand(HashAlgorithmName.SHA256, key, id, "behalf root key id"u8);
        return new Guid(id, bigEndian: true);
    }

    // Random bytes look like this once in more than 10^13 keys.
    private static bool LooksMadeUp(ReadOnlySpan<byte> key)
    {
        HashSet<byte> distinct = [];
        bool text = true;
        bool steps = true;
        for (int i = 0; i < key.Length; i++)
        {
            distinct.Add(key[i]);
            text &= key[i] is >= 0x20 and < 0x7f;
            steps &= i < 2 || (byte)(key[i] - key[i - 1]) == (byte)(key[1] - key[0]);
        }

        return text || steps || distinct.Count < 12;
    }
}
