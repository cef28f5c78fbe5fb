using System.Buffers.Binary;

namespace Behalf.Bench.Filling;

/// <summary>Ids whose order is that of their making, over the last year. Not safe to call concurrently.</summary>
internal sealed class Ages
{
    private static readonly TimeSpan Span = TimeSpan.FromDays(365);

    private readonly DateTimeOffset _first;
    private readonly TimeSpan _step;

    /// <param name="count">How many ids there will be at most.</param>
    public Ages(DateTimeOffset now, long count)
    {
        _first = now - Span;
        _step = Span / count;
        Now = _first;
    }

    /// <value>When the id made last was made.</value>
    public DateTimeOffset Now { get; private set; }

    public Guid Next()
    {
        Now += _step;
        return Guid.CreateVersion7(Now);
    }

    /// <returns>When an id was made, in microseconds since 1970: a UUIDv7 begins with its milliseconds (RFC 9562 §5.7).</returns>
    public static long Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16) * 1_000;
    }
}
