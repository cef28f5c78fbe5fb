using Behalf.Audit.Executions;

namespace Behalf.Tests.Audit;

public sealed class ExecutionOverviewTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("00:00:00.001", "00:01:00")]
    [InlineData("00:29:00", "00:01:00")]
    [InlineData("00:30:00", "00:05:00")]
    [InlineData("1.00:00:00", "01:00:00")]
    [InlineData("7.00:00:00", "06:00:00")]
    [InlineData("29.00:00:00", "1.00:00:00")]
    [InlineData("365.00:00:00", "30.00:00:00")]
    public void Buckets_AreAtMostThirty_AndAsNarrowAsThatAllows(string span, string width)
    {
        TimeBuckets buckets = TimeBuckets.Over(Noon, Noon + TimeSpan.Parse(span));

        buckets.Width.Should().Be(TimeSpan.Parse(width));
        buckets.Count.Should().BeInRange(1, 30);
    }

    [Fact]
    public void Buckets_CoverTheSpan_WhateverItIs()
    {
        Random random = new(4711);
        for (int i = 0; i < 2_000; i++)
        {
            DateTimeOffset from = DateTimeOffset.UnixEpoch.AddSeconds(random.NextInt64(-2_000_000_000, 20_000_000_000));
            DateTimeOffset to = from.AddTicks(1 + random.NextInt64(1L << random.Next(1, 60)));

            TimeBuckets buckets = TimeBuckets.Over(from, to);

            buckets.Count.Should().BeInRange(1, 30, "{0} to {1}", from, to);
            buckets.First.Should().BeOnOrBefore(from);
            (buckets.First + buckets.Width).Should().BeAfter(from);
            (buckets.First + (buckets.Width * buckets.Count)).Should().BeOnOrAfter(to);
        }
    }

    [Fact]
    public void Overview_AddsUp_AndKeepsEmptyBuckets()
    {
        TimeBuckets buckets = TimeBuckets.Over(Noon, Noon.AddMinutes(3));

        ExecutionOverview overview = ExecutionOverview.Of(
            [
                new ExecutionCount(0, "asana", ExecutionStatuses.Success, null, 7),
                new ExecutionCount(0, "github", ExecutionStatuses.ProviderError, "not_found", 2),
                new ExecutionCount(2, "asana", ExecutionStatuses.PlatformError, "reconnect_required", 3),
            ],
            buckets
        );

        overview.All.Should().Be(new ExecutionTally(7, 2, 3));
        (overview.All.Total, overview.All.Errors).Should().Be((12, 5));
        overview.ErrorCodes.Should().Equal(("reconnect_required", 3), ("not_found", 2));
        overview
            .Connectors.Select(one => (one.Connector, one.Tally.Total))
            .Should()
            .Equal(("asana", 10), ("github", 2));
        overview.Buckets.Select(bucket => bucket.Tally.Total).Should().Equal(9, 0, 3, 0);
        overview.Buckets[0].Begins.Should().Be(Noon.AddSeconds(-30));
    }
}
