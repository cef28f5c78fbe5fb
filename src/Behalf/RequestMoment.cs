namespace Behalf;

/// <summary>
/// The moment at which a request came. What its work looks up must be as new as that and need not be newer, so that a store
/// which other processes write to asks once for a request what has changed, not once for each look-up. It flows with the
/// request's work. Work without one (in the background, in a command) finds what is true when it asks. Safe to call concurrently.
/// </summary>
public sealed class RequestMoment
{
    private static readonly AsyncLocal<RequestMoment?> s_current = new();

    private readonly Lock _gate = new();
    private object? _by;
    private long _at;
    private int _writes;

    private RequestMoment() { }

    /// <value>Null: what runs is not the work of a request.</value>
    public static RequestMoment? Current => s_current.Value;

    /// <summary>The work that follows, also in what it calls, is that of a request which came now.</summary>
    public static void Begin() => s_current.Value = new RequestMoment();

    /// <value>How often the request has changed something: what was confirmed before that is not confirmed any more.</value>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Whether what a store remembers was true after the request came, and not longer ago than a time.</summary>
    /// <param name="by">The store's memory.</param>
    /// <param name="within">However long a request takes: one that waits for something looks again.</param>
    /// <param name="time">As given to <see cref="Confirm"/>.</param>
    public bool IsConfirmed(object by, TimeSpan within, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        lock (_gate)
        {
            return ReferenceEquals(_by, by) && time.GetElapsedTime(_at) < within;
        }
    }

    /// <summary>What a store remembers was true at a time after the request came.</summary>
    /// <param name="by">The store's memory.</param>
    /// <param name="at">A timestamp of the store's clock, taken before it looked.</param>
    /// <param name="writes"><see cref="Writes"/> as it was before the store looked.</param>
    public void Confirm(object by, long at, int writes)
    {
        lock (_gate)
        {
            if (_writes == writes)
            {
                _by = by;
                _at = at;
            }
        }
    }

    /// <summary>The request changed something itself: what it looks up next is as new as that.</summary>
    public void Wrote()
    {
        lock (_gate)
        {
            _writes++;
            _by = null;
        }
    }
}
