namespace Behalf.Storage.Sqlite.Tests;

public sealed class OrderedIdsTests
{
    private const int Many = 20_000;
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    public void Ids_OfTwoNodesThatCountOnFromTheSameOne_AreNeverTheSame(int minutes)
    {
        byte[] newest = new OrderedIds(null).Next(Now).ToByteArray(bigEndian: true);
        DateTimeOffset at = Now.AddMinutes(minutes); // a clock that stands still, and one that is behind

        List<Guid> ids = [.. Take(new OrderedIds(newest), at), .. Take(new OrderedIds(newest), at)];

        ids.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Ids_Grow_WhateverTheClockDoes()
    {
        OrderedIds ids = new(null);
        List<Guid> made = [.. Take(ids, Now), .. Take(ids, Now.AddMinutes(-10)), .. Take(ids, Now.AddMinutes(10))];

        made.Select(id => id.ToByteArray(bigEndian: true))
            .Select(bytes => Convert.ToHexString(bytes))
            .Should()
            .BeInAscendingOrder(StringComparer.Ordinal);
        made.Should().OnlyContain(id => id.Version == 7);
    }

    private static IEnumerable<Guid> Take(OrderedIds ids, DateTimeOffset at) =>
        Enumerable.Range(0, Many).Select(_ => ids.Next(at)).ToList();
}
