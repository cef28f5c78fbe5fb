namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// What was read since the last change. The one writer of this file is here, so it can forget before a change is acknowledged:
/// whoever knows of the change reads anew. Safe to call concurrently.
/// </summary>
internal sealed class ReadMemory
{
    private Stretch? _stretch = new();

    /// <param name="query">Names what is read; one for each query.</param>
    /// <param name="key">Its values, compared by value.</param>
    /// <param name="keeps">Whether an answer stays true until the next change; null: each does.</param>
    public Task<T> Recall<TKey, T>(
        string query,
        TKey key,
        ReaderPool readers,
        Func<PreparedConnection, TKey, T> read,
        Func<T, bool>? keeps
    )
        where TKey : notnull
    {
        if (Volatile.Read(ref _stretch) is not { } stretch)
        {
            return Task.FromResult(readers.Read(key, read));
        }

        object place = key;
        if (stretch.TryRecall<T>(query, place, out var known))
        {
            return known;
        }

        Task<T> answer = stretch.Keep(query, place, readers.Read(key, read), keeps);
        if (stretch.IsFull)
        {
            Interlocked.CompareExchange(ref _stretch, new Stretch(), stretch);
        }

        return answer;
    }

    /// <summary>Before the commit of a change: until <see cref="Begin"/>, everybody reads.</summary>
    public void Close() => Volatile.Write(ref _stretch, null);

    /// <summary>After the commit of a change, before anybody is told of it.</summary>
    public void Begin() => Volatile.Write(ref _stretch, new Stretch());
}
