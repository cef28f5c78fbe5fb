using System.Security.Cryptography;

namespace Behalf.Storage;

/// <summary>
/// UUIDv7 with microseconds, each greater than the one before it, so that rows of one moment keep the order in which they
/// were written. Safe to call concurrently.
/// </summary>
/// <param name="newest">The greatest id there is, 16 big-endian bytes; null for none.</param>
internal sealed class OrderedIds(byte[]? newest)
{
    /// <value>Steps are below 2^36: many millions of them fit in one microsecond.</value>
    private const uint StepScale = 1 << 5;

    private readonly Lock _gate = new();

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
        lock (_gate)
        {
            if (value <= _last)
            {
                // The same microsecond, or a clock that is behind: the random tail counts on, in random steps, because
                // another node may count on from the same id (RFC 9562 §6.2 method 2).
                value = _last + 1 + (UInt128)RandomNumberGenerator.GetInt32(int.MaxValue) * StepScale;
            }

            _last = value;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true);
    }
}
