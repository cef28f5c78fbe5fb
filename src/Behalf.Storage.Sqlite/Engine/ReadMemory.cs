using System.Collections;
using System.Collections.Concurrent;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// What was read since the last change. The one writer of this file is here, so it can forget before a change is acknowledged:
/// whoever knows of the change reads anew. Nothing in it may depend on the time. Safe to call concurrently.
/// </summary>
internal sealed class ReadMemory
{
    /// <value>Things remembered, the parts of a list by themselves. When there are more, it begins anew.</value>
    private const int Most = 10_000;

    private Stretch? _stretch = new();

    /// <param name="query">Names what is read; one for each query.</param>
    /// <param name="key">Its values, compared by value.</param>
    /// <param name="keeps">Whether an answer stays true until the next change; null: each does.</param>
    public T Recall<TKey, T>(string query, TKey key, Func<T> read, Func<T, bool>? keeps)
        where TKey : notnull
    {
        // Taken before reading. What a commit overtakes in between is kept where nobody looks any more.
        Stretch? stretch = Volatile.Read(ref _stretch);
        if (stretch is null)
        {
            return read();
        }

        (string, object) place = (query, key);
        if (stretch.Known.TryGetValue(place, out object? known))
        {
            return (T)known;
        }

        T value = read();
        if (
            value is not null // whoever may name anything shall not fill it with what is not there
            && keeps?.Invoke(value) != false
            && stretch.Known.TryAdd(place, value)
            && Interlocked.Add(ref stretch.Count, value is ICollection many ? Math.Max(1, many.Count) : 1) >= Most
        )
        {
            Interlocked.CompareExchange(ref _stretch, new Stretch(), stretch);
        }

        return value;
    }

    /// <summary>Before the commit of a change: until <see cref="Begin"/>, everybody reads.</summary>
    public void Close() => Volatile.Write(ref _stretch, null);

    /// <summary>After the commit of a change, before anybody is told of it.</summary>
    public void Begin() => Volatile.Write(ref _stretch, new Stretch());

    /// <summary>From one change to the next.</summary>
    private sealed class Stretch
    {
        public int Count;

        public ConcurrentDictionary<(string Query, object Key), object> Known { get; } = new();
    }
}
