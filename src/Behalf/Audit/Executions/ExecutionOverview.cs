namespace Behalf.Audit.Executions;

/// <summary>Figures of ended executions.</summary>
public sealed record ExecutionTally(long Success, long ProviderErrors, long PlatformErrors)
{
    public long Errors => ProviderErrors + PlatformErrors;

    public long Total => Success + Errors;

    public static ExecutionTally Of(IEnumerable<ExecutionCount> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ILookup<string, long> byStatus = counts.ToLookup(count => count.Status, count => count.Count);
        return new ExecutionTally(
            byStatus[ExecutionStatuses.Success].Sum(),
            byStatus[ExecutionStatuses.ProviderError].Sum(),
            byStatus[ExecutionStatuses.PlatformError].Sum()
        );
    }
}

/// <param name="ErrorCodes">The most frequent, at most ten.</param>
/// <param name="Connectors">Slugs in alphabetical order.</param>
/// <param name="Buckets">In the order of time; empty ones too.</param>
public sealed record ExecutionOverview(
    ExecutionTally All,
    IReadOnlyList<(string Code, long Count)> ErrorCodes,
    IReadOnlyList<(string Connector, ExecutionTally Tally)> Connectors,
    TimeSpan BucketWidth,
    IReadOnlyList<(DateTimeOffset Begins, ExecutionTally Tally)> Buckets
)
{
    private const int MostCodes = 10;

    public static ExecutionOverview Of(IReadOnlyList<ExecutionCount> counts, TimeBuckets buckets)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(buckets);
        ILookup<long, ExecutionCount> byBucket = counts.ToLookup(count => count.Bucket);
        return new ExecutionOverview(
            ExecutionTally.Of(counts),
            [
                .. counts
                    .Where(count => count.ErrorCode is not null)
                    .GroupBy(count => count.ErrorCode!, StringComparer.Ordinal)
                    .Select(group => (Code: group.Key, Count: group.Sum(count => count.Count)))
                    .OrderByDescending(code => code.Count)
                    .ThenBy(code => code.Code, StringComparer.Ordinal)
                    .Take(MostCodes),
            ],
            [
                .. counts
                    .GroupBy(count => count.Connector, StringComparer.Ordinal)
                    .OrderBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => (group.Key, ExecutionTally.Of(group))),
            ],
            buckets.Width,
            [
                .. Enumerable
                    .Range(0, buckets.Count)
                    .Select(i => (buckets.First + (buckets.Width * i), ExecutionTally.Of(byBucket[i]))),
            ]
        );
    }
}
