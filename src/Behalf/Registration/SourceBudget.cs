namespace Behalf.Registration;

/// <summary>How often one source may cause work in a window. Memory is bounded. Safe to call concurrently.</summary>
internal sealed class SourceBudget(TimeProvider time, int limit, TimeSpan window)
{
    private const int MaxSources = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DateTimeOffset Until, int Count)> _sources = new(StringComparer.Ordinal);

    /// <returns>Null: go ahead, it is counted. Else how long to wait.</returns>
    public TimeSpan? Take(string source)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_sources.TryGetValue(source, out (DateTimeOffset Until, int Count) spent) || spent.Until <= now)
            {
                if (_sources.Count >= MaxSources)
                {
                    Forget(now);
                }

                spent = (now + window, 0);
            }

            if (spent.Count >= limit)
            {
                return spent.Until - now;
            }

            _sources[source] = spent with { Count = spent.Count + 1 };
            return null;
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (string ended in _sources.Where(one => one.Value.Until <= now).Select(one => one.Key).ToList())
        {
            _sources.Remove(ended);
        }

        if (_sources.Count >= MaxSources)
        {
            _sources.Clear(); // a flood from everywhere; the stored limits hold on
        }
    }
}
