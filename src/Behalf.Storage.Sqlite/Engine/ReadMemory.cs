using System.Collections.Concurrent;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// What was read since the last change. The one writer of this file is here, so it can forget before a change is acknowledged:
/// whoever knows of the change reads anew. Nothing in it may depend on the time. Safe to call concurrently.
/// </summary>
internal sealed class ReadMemory
{
    /// <value>When there are more, it begins anew.</value>
    private const int Most = 50_000;

    private volatile Stretch _stretch = new();

    /// <param name="query">Names what is read; one for each query.</param>
    /// <param name="key">Its values, compared by value.</param>
    public T Recall<TKey, T>(string query, TKey key, Func<T> read)
        where TKey : notnull
    {
        // Taken before reading. What a commit overtakes in between is kept where nobody looks any more.
        Stretch stretch = _stretch;
        (string, object) place = (query, key);
        if (stretch.Known.TryGetValue(place, out object? known))
        {
            return (T)known!;
        }

        T value = read();
        if (stretch.Known.TryAdd(place, value) && Interlocked.Increment(ref stretch.Count) >= Most)
        {
            Forget();
        }

        return value;
    }

    /// <summary>After the commit of a change, before anybody is told of it.</summary>
    public void Forget() => _stretch = new Stretch();

    /// <summary>From one change to the next.</summary>
    private sealed class Stretch
    {
        public int Count;

        public ConcurrentDictionary<(string Query, object Key), object?> Known { get; } = new();
    }
}
