using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Behalf.Vault;

namespace Behalf.Grants;

/// <summary>
/// Refresh tokens: the ids of environment and grant, 32 unguessable bytes, and a MAC that says we made it, so that an old
/// one is told from a made-up one. The next one follows from the present one by the ring's MAC: nobody else can compute
/// it, and two exchanges of one token give one result.
/// </summary>
internal sealed class RefreshTokens(IVault vault)
{
    private const string Prefix = "ort_";
    private const string NextPurpose = "oauth_refresh_next";
    private const string TagPurpose = "oauth_refresh_tag";
    private const int IdBytes = 16;
    private const int SecretBytes = 32;
    private const int TagBytes = 16;
    private const int Length = IdBytes + IdBytes + SecretBytes + TagBytes;

    public string First(EnvironmentId environment, GrantId grant) =>
        Make(environment, grant, RandomNumberGenerator.GetBytes(SecretBytes));

    public string Next(Parsed present) =>
        Make(present.Environment, present.Grant, vault.Mac(NextPurpose, present.Bytes)[..SecretBytes]);

    public static bool TryParse(string text, [NotNullWhen(true)] out Parsed? parsed)
    {
        parsed = null;
        if (
            !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base64Url.IsValid(text.AsSpan(Prefix.Length), out int length)
            || length != Length
        )
        {
            return false;
        }

        byte[] bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        parsed = new Parsed(
            new EnvironmentId(new Guid(bytes.AsSpan(0, IdBytes), bigEndian: true)),
            new GrantId(new Guid(bytes.AsSpan(IdBytes, IdBytes), bigEndian: true)),
            Digest.Of(text),
            bytes
        );
        return true;
    }

    /// <summary>True: we made it once.</summary>
    public bool IsOurs(Parsed parsed) =>
        CryptographicOperations.FixedTimeEquals(
            parsed.Bytes.AsSpan(^TagBytes..),
            Tag(parsed.Bytes.AsSpan(..^TagBytes))
        );

    private string Make(EnvironmentId environment, GrantId grant, byte[] secret)
    {
        byte[] bytes = new byte[Length];
        environment.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        grant.Value.TryWriteBytes(bytes.AsSpan(IdBytes), bigEndian: true, out _);
        secret.CopyTo(bytes.AsSpan(2 * IdBytes));
        Tag(bytes.AsSpan(..^TagBytes)).CopyTo(bytes.AsSpan(^TagBytes..));
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    private byte[] Tag(ReadOnlySpan<byte> content) => vault.Mac(TagPurpose, content)[..TagBytes];

    public sealed record Parsed(EnvironmentId Environment, GrantId Grant, Digest Digest, byte[] Bytes);
}
