using System.Collections.Concurrent;

namespace Behalf.Authorization;

/// <summary>
/// Holds back a caller that guesses one-time codes: ten misses a minute per caller, kept in this process. Only misses
/// count, so a caller that types right codes is never held back. Safe to call concurrently.
/// </summary>
internal sealed class GuessThrottle(TimeProvider time)
{
    private const int MaxMisses = 10;
    private const int MaxCallers = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Misses> _callers = new(StringComparer.Ordinal);

    /// <returns>How long the caller must wait, or null when it may try.</returns>
    public TimeSpan? Wait(string caller)
    {
        DateTimeOffset now = time.GetUtcNow();
        return _callers.TryGetValue(caller, out Misses misses) && misses.Count >= MaxMisses && misses.Until > now
            ? misses.Until - now
            : null;
    }

    public void Miss(string caller)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_callers.Count >= MaxCallers)
        {
            foreach ((string name, Misses old) in _callers)
            {
                if (old.Until <= now)
                {
                    _callers.TryRemove(new(name, old));
                }
            }
        }

        _callers.AddOrUpdate(
            caller,
            _ => new Misses(1, now + Window),
            (_, old) => old.Until <= now ? new Misses(1, now + Window) : old with { Count = old.Count + 1 }
        );
    }

    private readonly record struct Misses(int Count, DateTimeOffset Until);
}
