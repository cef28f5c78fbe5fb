using System.Security.Cryptography;
using System.Text;

namespace Behalf;

/// <summary>
/// SHA-256 of a high-entropy secret (link, state, client secret, request id). Such values are stored and looked up only
/// by digest; they carry at least 128 random bits, so no salt is needed.
/// </summary>
public readonly record struct Digest
{
    private readonly string? _hex;

    private Digest(string hex) => _hex = hex;

    /// <value>64 lower-case hexadecimal characters.</value>
    public string Hex => _hex ?? throw new InvalidOperationException("A digest is made by Of or FromHex.");

    public static Digest Of(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value, hash);
        return new Digest(Convert.ToHexStringLower(hash));
    }

    public static Digest Of(string value) => Of(Encoding.UTF8.GetBytes(value));

    public static Digest FromHex(string hex) =>
        hex is { Length: 64 } ? new Digest(hex) : throw new FormatException("A digest has 64 hexadecimal characters.");

    /// <summary>Compares in a time that does not depend on the values.</summary>
    public bool FixedTimeEquals(Digest other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hex), Encoding.ASCII.GetBytes(other.Hex));

    public override string ToString() => _hex ?? string.Empty;
}
