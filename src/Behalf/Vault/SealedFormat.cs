using System.Buffers;
using System.Security.Cryptography;

namespace Behalf.Vault;

/// <summary>
/// Bytes of a sealed value: version (1), key id (16), nonce (12), tag (16), ciphertext. AES-256-GCM with a fresh random
/// nonce; version and key id are part of the associated data. Pure; safe to call concurrently.
/// </summary>
internal static class SealedFormat
{
    public const byte Version = 1;

    /// <value>In bytes: how much longer a sealed value is than its plaintext.</value>
    public const int Overhead = 1 + IdLength + NonceLength + TagLength;

    private const int IdLength = 16;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    public static byte[] Seal(
        ReadOnlySpan<byte> key,
        Guid keyId,
        ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> associatedData
    )
    {
        byte[] output = new byte[Overhead + plaintext.Length];
        output[0] = Version;
        keyId.TryWriteBytes(output.AsSpan(1), bigEndian: true, out _);
        Span<byte> nonce = output.AsSpan(1 + IdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using PooledBuffer bound = Bind(output, associatedData);
        using AesGcm cipher = new(key, TagLength);
        cipher.Encrypt(
            nonce,
            plaintext,
            output.AsSpan(Overhead),
            output.AsSpan(1 + IdLength + NonceLength, TagLength),
            bound.WrittenSpan
        );
        return output;
    }

    /// <exception cref="SealBrokenException">Truncated, or of an unknown version.</exception>
    public static Guid KeyIdOf(ReadOnlySpan<byte> sealedValue)
    {
        if (sealedValue.Length < Overhead)
        {
            throw new SealBrokenException("The sealed value is too short.");
        }

        return sealedValue[0] == Version
            ? new Guid(sealedValue.Slice(1, IdLength), bigEndian: true)
            : throw new SealBrokenException("The sealed value is of an unknown version.");
    }

    /// <returns>The plaintext; the caller clears it.</returns>
    /// <exception cref="SealBrokenException">Altered, truncated, moved, or sealed under another key.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> associatedData)
    {
        _ = KeyIdOf(sealedValue);
        byte[] plaintext = new byte[sealedValue.Length - Overhead];
        using PooledBuffer bound = Bind(sealedValue, associatedData);
        using AesGcm cipher = new(key, TagLength);
        try
        {
            cipher.Decrypt(
                sealedValue.Slice(1 + IdLength, NonceLength),
                sealedValue[Overhead..],
                sealedValue.Slice(1 + IdLength + NonceLength, TagLength),
                plaintext,
                bound.WrittenSpan
            );
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            throw new SealBrokenException("The sealed value was altered, or does not belong where it stands.");
        }
    }

    private static PooledBuffer Bind(ReadOnlySpan<byte> header, ReadOnlySpan<byte> associatedData)
    {
        PooledBuffer bound = new(1 + IdLength + associatedData.Length);
        bound.Write(header[..(1 + IdLength)]);
        bound.Write(associatedData);
        return bound;
    }
}
