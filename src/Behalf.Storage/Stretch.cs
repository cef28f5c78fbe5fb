using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Behalf.Storage;

/// <summary>
/// What look-ups gave from one change to the next. Who looks up takes it before reading: what a change overtakes in between
/// is kept where nobody looks any more. Nothing in it may depend on the time. Safe to call concurrently.
/// </summary>
/// <param name="capacity">Things it is made for; more may come.</param>
internal sealed class Stretch(int capacity)
{
    /// <value>Things remembered, the parts of a list by themselves. When there are more, memory begins anew.</value>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<(string Query, object Key), object> _known = new(
        Environment.ProcessorCount,
        capacity
    );

    private int _count;

    public Stretch()
        : this(64) { }

    public bool IsFull => Volatile.Read(ref _count) >= Most;

    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <param name="query">Names what is read; one for each query.</param>
    /// <param name="key">Its values, compared by value.</param>
    /// <param name="answer">Done, and the same for all who ask.</param>
    public bool TryRecall<T>(string query, object key, [MaybeNullWhen(false)] out Task<T> answer)
    {
        bool isKnown = _known.TryGetValue((query, key), out object? known);
        answer = (Task<T>?)known;
        return isKnown;
    }

    /// <param name="keeps">Whether an answer stays true until the next change; null: each does.</param>
    /// <returns>The answer, done.</returns>
    public Task<T> Keep<T>(string query, object key, T value, Func<T, bool>? keeps)
    {
        Task<T> answer = Task.FromResult(value);
        if (
            value is not null // whoever may name anything shall not fill it with what is not there
            && keeps?.Invoke(value) != false
            && _known.TryAdd((query, key), answer)
        )
        {
            Interlocked.Add(ref _count, value is ICollection many ? Math.Max(1, many.Count) : 1);
        }

        return answer;
    }
}
