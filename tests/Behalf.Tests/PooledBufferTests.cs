using System.Buffers;
using System.Security.Cryptography;

namespace Behalf.Tests;

public sealed class PooledBufferTests
{
    [Fact]
    public void Bytes_AreAllThere_HoweverTheyCame()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(300_000);
        using PooledBuffer buffer = new(expected: 10);
        for (int written = 0; written < bytes.Length; )
        {
            Memory<byte> room = buffer.GetMemory();
            int length = Math.Min(Math.Min(room.Length, 7_001), bytes.Length - written);
            bytes.AsMemory(written, length).CopyTo(room);
            buffer.Advance(length);
            written += length;
        }

        buffer.WrittenCount.Should().Be(bytes.Length);
        buffer.WrittenSpan.SequenceEqual(bytes).Should().BeTrue();
    }

    [Fact]
    public void Room_IsAsLargeAsAsked()
    {
        using PooledBuffer buffer = new(expected: 0);
        buffer.Advance(200);
        buffer.GetMemory(100_000).Length.Should().BeGreaterThanOrEqualTo(100_000);
        buffer.GetSpan().Length.Should().BePositive();
        buffer.Invoking(full => full.Advance(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Bytes_AreWiped_BeforeTheMemoryIsAnothers()
    {
        PooledBuffer buffer = new(expected: 1_000);
        buffer.Write("a user's answer"u8);
        ReadOnlyMemory<byte> memory = buffer.WrittenMemory;
        buffer.Dispose();

        memory.ToArray().Should().OnlyContain(one => one == 0);
    }
}
