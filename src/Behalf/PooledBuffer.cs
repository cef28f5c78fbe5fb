using System.Buffers;

namespace Behalf;

/// <summary>
/// Bytes that are gathered for a moment, in borrowed memory: what was written is wiped before it is given back. Not for
/// concurrent use.
/// </summary>
/// <param name="expected">How many bytes there will be, about.</param>
public sealed class PooledBuffer(int expected) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(expected, 256));

    public int WrittenCount { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, WrittenCount);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - WrittenCount);
        WrittenCount += count;
    }

    /// <summary>Takes bytes from the front; what follows moves there.</summary>
    public void Drop(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WrittenCount);
        WrittenSpan[count..].CopyTo(_bytes);
        WrittenCount -= count;
    }

    /// <returns>All the room there is, at least one byte.</returns>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = checked(WrittenCount + Math.Max(sizeHint, 1));
        if (needed > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(
                Math.Max(needed, (int)Math.Min(2L * _bytes.Length, Array.MaxLength))
            );
            WrittenSpan.CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        GiveBack();
        _bytes = [];
        WrittenCount = 0;
    }

    private void GiveBack()
    {
        if (_bytes.Length > 0)
        {
            _bytes.AsSpan().Clear(); // also what was put there and never counted, as by a read that failed
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
