using System.Threading.RateLimiting;

namespace Behalf.Limits;

/// <summary>One limit for each key of a kind. Keys that nobody uses any more are forgotten.</summary>
/// <param name="name">Of the kind, in metrics.</param>
/// <param name="who">Whose limit it is, in a sentence for the one who is turned away: "of this user".</param>
/// <param name="what">What is counted, in the plural.</param>
internal sealed class ScopeLimiter<TKey>(string name, string who, ScopeLimit limit, string what = "calls") : IDisposable
    where TKey : notnull
{
    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<TKey> _atOnce = Counting(_ => new ConcurrencyLimiter(
        new ConcurrencyLimiterOptions { PermitLimit = limit.AtOnce, QueueLimit = 0 }
    ));

    private readonly PartitionedRateLimiter<TKey>? _perMinute =
        limit.PerMinute == 0
            ? null
            : PartitionedRateLimiter.Create<TKey, TKey>(key =>
                RateLimitPartition.GetTokenBucketLimiter(
                    key,
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = limit.PerMinute,
                        TokensPerPeriod = 1,
                        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / limit.PerMinute,
                        QueueLimit = 0,
                    }
                )
            );

    /// <returns>The problem, or null with the lease among the others.</returns>
    public Problem? TryEnter(TKey key, List<RateLimitLease> leases)
    {
        RateLimitLease atOnce = _atOnce.AttemptAcquire(key);
        leases.Add(atOnce);
        if (!atOnce.IsAcquired)
        {
            return Refusal($"{limit.AtOnce} {what} {who} run already.", AMoment);
        }

        if (_perMinute is null)
        {
            return null;
        }

        RateLimitLease begun = _perMinute.AttemptAcquire(key);
        leases.Add(begun);
        return begun.IsAcquired
            ? null
            : Refusal(
                $"{limit.PerMinute} {what} {who} a minute are allowed.",
                begun.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) && wait > AMoment ? wait : AMoment
            );
    }

    public void Dispose()
    {
        _atOnce.Dispose();
        _perMinute?.Dispose();
    }

    private static PartitionedRateLimiter<TKey> Counting(Func<TKey, RateLimiter> make) =>
        PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.Get(key, make)); // one for all that enter

    private Problem Refusal(string sentence, TimeSpan wait)
    {
        Telemetry.Refused(name);
        return new Problem(ProblemKind.RateLimited, "too_many_calls", sentence) { RetryAfter = wait };
    }
}
