using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Audit;

/// <summary>
/// Stands for a personal value in the hashed body: SHA-256(salt ‖ length of the field's name ‖ name ‖ value). Once salt
/// and value are deleted nothing tells what the value was, not even by guessing, and the body still has its hash.
/// </summary>
internal static class AuditCommitment
{
    /// <value>In bytes.</value>
    public const int SaltLength = 16;

    public static byte[] Of(ReadOnlySpan<byte> salt, string field, string value)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] name = Encoding.UTF8.GetBytes(field);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, name.Length);
        hash.AppendData(salt);
        hash.AppendData(length);
        hash.AppendData(name);
        hash.AppendData(Encoding.UTF8.GetBytes(value));
        return hash.GetHashAndReset();
    }
}
