namespace Behalf.Audit.Executions;

/// <summary>A span of time in at most thirty equal parts that begin where a person would begin them.</summary>
/// <param name="First">The beginning of the first, at or before the span's.</param>
/// <param name="Count">1–30.</param>
public sealed record TimeBuckets(DateTimeOffset First, TimeSpan Width, int Count)
{
    private const int Most = 30;

    private static readonly TimeSpan[] Widths =
    [
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
        TimeSpan.FromDays(1),
        TimeSpan.FromDays(7),
        TimeSpan.FromDays(30),
        TimeSpan.FromDays(90),
        TimeSpan.FromDays(365),
    ];

    /// <param name="from">Before <paramref name="to"/>.</param>
    public static TimeBuckets Over(DateTimeOffset from, DateTimeOffset to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        foreach (TimeSpan width in Widths)
        {
            TimeBuckets buckets = Of(from, to, width);
            if (buckets.Count <= Most)
            {
                return buckets;
            }
        }

        // Longer than thirty years: whole days, as few as needed.
        TimeSpan wide = TimeSpan.FromDays(Math.Ceiling((to - from).TotalDays / (Most - 1)));
        return Of(from, to, wide);
    }

    private static TimeBuckets Of(DateTimeOffset from, DateTimeOffset to, TimeSpan width)
    {
        long before = (from.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) % width.Ticks;
        DateTimeOffset first = from.ToUniversalTime().AddTicks(before < 0 ? -before - width.Ticks : -before);
        return new TimeBuckets(first, width, (int)Math.Ceiling((to - first) / width));
    }
}
