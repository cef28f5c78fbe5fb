using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Behalf.Vault;

/// <summary>Builds associated data for AES-GCM: every part length-prefixed, so that no two lists of parts look alike.</summary>
internal sealed class AssociatedData
{
    private readonly PooledBuffer _parts = new(160);

    /// <param name="label">Names the use and the format version.</param>
    public AssociatedData(ReadOnlySpan<byte> label) => Bytes(label);

    public AssociatedData Bytes(ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_parts.GetSpan(4), value.Length);
        _parts.Advance(4);
        _parts.Write(value);
        return this;
    }

    public AssociatedData Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Null is a part too, and not the same as an empty one.</summary>
    public AssociatedData Id(Guid? value)
    {
        if (value is not { } id)
        {
            BinaryPrimitives.WriteInt32BigEndian(_parts.GetSpan(4), -1);
            _parts.Advance(4);
            return this;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bytes(bytes);
    }

    public AssociatedData Number(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Bytes(bytes);
    }

    /// <returns>All parts; nothing can be added any more.</returns>
    public byte[] Build()
    {
        using (_parts)
        {
            return _parts.WrittenSpan.ToArray();
        }
    }
}
