using System.Collections.Concurrent;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Calls of this process whose connection was lost while their intent was committing. They were refused and sent nothing;
/// should the intent be there all the same, it gets its end. Safe to call concurrently.
/// </summary>
internal sealed class DoubtfulStarts(TimeProvider time)
{
    /// <summary>By then the database is through with what it had received, or has undone it.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _since = new();

    public void Add(ExecutionId execution) => _since[execution.ToColumn()] = time.GetUtcNow();

    /// <returns>Those to look for now.</returns>
    public Guid[] Take()
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((Guid execution, DateTimeOffset since) in _since)
        {
            if (now - since > Forgotten)
            {
                _since.TryRemove(execution, out _);
            }
        }

        return [.. _since.Where(one => now - one.Value >= Settled).Select(one => one.Key)];
    }
}
