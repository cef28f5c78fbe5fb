using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Storage.Copying;

/// <summary>
/// Count and sum of a table's rows, whatever their order: the digests of rows added up modulo 2^128. Two tables with equal
/// sums hold the same rows, but by a chance of one in 2^128.
/// </summary>
public sealed class TableSum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private UInt128 _sum;

    public long Rows { get; private set; }

    public void Add(object?[] row)
    {
        ArgumentNullException.ThrowIfNull(row);
        foreach (object? value in row)
        {
            Add(value);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(digest);
        _sum = unchecked(_sum + BinaryPrimitives.ReadUInt128BigEndian(digest));
        Rows++;
    }

    public bool Equals(TableSum other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Rows == other.Rows && _sum == other._sum;
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>Length first, so that no two rows have one form; a null has none.</summary>
    private void Add(object? value)
    {
        byte[]? bytes = value switch
        {
            null => null,
            Guid id => id.ToByteArray(bigEndian: true),
            long number => BytesOf(number),
            bool truth => [truth ? (byte)1 : (byte)0],
            string text => Encoding.UTF8.GetBytes(text),
            byte[] raw => raw,
            _ => throw new ArgumentException($"A row holds a {value.GetType().Name}.", nameof(value)),
        };
        _hash.AppendData(BytesOf(bytes?.LongLength ?? -1));
        if (bytes is not null)
        {
            _hash.AppendData(bytes);
        }
    }

    private static byte[] BytesOf(long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
