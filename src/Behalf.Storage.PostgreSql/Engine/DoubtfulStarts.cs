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

    /// <summary>After the first look, whenever the database let itself be looked into.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, (DateTimeOffset Since, DateTimeOffset? Seen)> _starts = new();

    public void Add(ExecutionId execution) => _starts[execution.ToColumn()] = (time.GetUtcNow(), null);

    /// <returns>Those to look for now.</returns>
    public Guid[] Take()
    {
        DateTimeOffset now = time.GetUtcNow();
        return [.. _starts.Where(one => now - one.Value.Since >= Settled).Select(one => one.Key)];
    }

    /// <summary>What was looked for was ended, or is not there.</summary>
    public void LookedFor(Guid[] executions)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (Guid execution in executions)
        {
            if (!_starts.TryGetValue(execution, out (DateTimeOffset Since, DateTimeOffset? Seen) start))
            {
                continue;
            }

            if (start.Seen is { } seen && now - seen > Forgotten)
            {
                _starts.TryRemove(execution, out _);
            }
            else if (start.Seen is null)
            {
                _starts.TryUpdate(execution, (start.Since, now), start);
            }
        }
    }
}
