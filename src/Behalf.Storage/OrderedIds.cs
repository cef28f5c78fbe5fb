namespace Behalf.Storage;

/// <summary>
/// UUIDv7 with microseconds, each greater than the one before it, so that rows of one moment keep the order in which they
/// were written. Not thread safe: only the writer makes them.
/// </summary>
/// <param name="newest">The greatest id there is, 16 big-endian bytes; null for none.</param>
internal sealed class OrderedIds(byte[]? newest)
{
    private UInt128 _last = newest is null
        ? UInt128.Zero
        : System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(newest);

    public Guid Next(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(at).TryWriteBytes(bytes, bigEndian: true, out _);
        int microsecond = (int)(at.Ticks / TimeSpan.TicksPerMicrosecond % 1000);
        // RFC 9562 §6.2 method 3: the twelve bits after the version carry the fraction of the millisecond.
        bytes[6] = (byte)(0x70 | (microsecond >> 8));
        bytes[7] = (byte)microsecond;
        UInt128 value = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        if (value <= _last)
        {
            value = _last + 1; // the same microsecond, or a clock that was set back: the random tail counts on
        }

        _last = value;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true);
    }
}
