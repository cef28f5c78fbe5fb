namespace Behalf.Identity;

/// <summary>
/// Counts wrong secrets per source and client id. A few wrong ones change nothing for the right one; a source that goes
/// on guessing at an id is refused unheard for the rest of the window, while the id's owner elsewhere is untouched.
/// Memory is bounded. Safe to call concurrently.
/// </summary>
internal sealed class GuessThrottle(TimeProvider time)
{
    /// <value>Wrong secrets in one window after which a wrong one is answered with "come back later".</value>
    public const int Patience = 10;

    /// <value>Wrong secrets in one window after which this source is no longer heard for this id.</value>
    public const int Limit = 100;

    private const int MaxTracked = 20_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Source, string ClientId), Guesses> _guesses = [];

    /// <returns>How long this source must wait before it is heard again for this id; null: it is heard.</returns>
    public TimeSpan? Refuses(string source, string clientId)
    {
        lock (_lock)
        {
            return Current(source, clientId) is { Count: >= Limit } guesses ? Remaining(guesses) : null;
        }
    }

    /// <summary>Records a wrong secret.</summary>
    /// <returns>How long to wait when there were too many; null: answer as usual.</returns>
    public TimeSpan? Failed(string source, string clientId)
    {
        lock (_lock)
        {
            Guesses guesses = Current(source, clientId) ?? new Guesses(time.GetUtcNow(), 0);
            guesses = guesses with { Count = guesses.Count + 1 };
            if (_guesses.Count >= MaxTracked)
            {
                Forget();
            }

            _guesses[(source, clientId)] = guesses;
            return guesses.Count > Patience ? Remaining(guesses) : null;
        }
    }

    private Guesses? Current(string source, string clientId) =>
        _guesses.TryGetValue((source, clientId), out Guesses? guesses) && Remaining(guesses) > TimeSpan.Zero
            ? guesses
            : null;

    private TimeSpan Remaining(Guesses guesses) => guesses.Since + Window - time.GetUtcNow();

    private void Forget()
    {
        foreach (
            (string, string) ended in _guesses
                .Where(e => Remaining(e.Value) <= TimeSpan.Zero)
                .Select(e => e.Key)
                .ToList()
        )
        {
            _guesses.Remove(ended);
        }

        if (_guesses.Count >= MaxTracked)
        {
            // Under a flood of ids the mildest are forgotten; those that were guessed at most stay refused.
            foreach (
                (string, string) mild in _guesses
                    .OrderBy(e => e.Value.Count)
                    .Take(MaxTracked / 2)
                    .Select(e => e.Key)
                    .ToList()
            )
            {
                _guesses.Remove(mild);
            }
        }
    }

    private sealed record Guesses(DateTimeOffset Since, int Count);
}
