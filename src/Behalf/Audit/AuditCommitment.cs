using System.Buffers;
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
        using PooledBuffer whole = new(SaltLength + 4 + field.Length + value.Length);
        whole.Write(salt);
        new AuditFieldWriter(whole).Text(field);
        Encoding.UTF8.GetBytes(value, whole);
        return SHA256.HashData(whole.WrittenSpan);
    }
}
