using System.Collections.Concurrent;

namespace Behalf.Client.AspNetCore;

/// <summary>
/// States that came back once. Kept by this process only, until they end: where the application runs on several nodes, the
/// cookie's removal and the request id's own single use hold too. Safe to call concurrently.
/// </summary>
internal sealed class SpentStates(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _endsAt = new(StringComparer.Ordinal);
    private DateTimeOffset _sweepAt;

    /// <returns>True for the first caller with this state.</returns>
    public bool TrySpend(string state, DateTimeOffset endsAt)
    {
        Sweep();
        return _endsAt.TryAdd(state, endsAt);
    }

    /// <summary>Nothing was decided: the same state may come again.</summary>
    public void GiveBack(string state) => _endsAt.TryRemove(state, out _);

    private void Sweep()
    {
        var now = clock.GetUtcNow();
        if (now < _sweepAt)
        {
            return;
        }
        _sweepAt = now + TimeSpan.FromMinutes(1);
        foreach (var (state, endsAt) in _endsAt)
        {
            if (endsAt <= now)
            {
                _endsAt.TryRemove(state, out _);
            }
        }
    }
}
