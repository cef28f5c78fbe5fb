namespace Behalf.RaceSuite.Soak;

/// <summary>Times of calls, from the moment each was meant to be sent. Safe to call concurrently.</summary>
internal sealed class Latencies
{
    private readonly Lock _lock = new();
    private readonly List<double> _milliseconds = [];
    private bool _sorted;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _milliseconds.Count;
            }
        }
    }

    public void Add(TimeSpan time)
    {
        lock (_lock)
        {
            _milliseconds.Add(time.TotalMilliseconds);
            _sorted = false;
        }
    }

    /// <param name="share">From 0 to 1.</param>
    /// <returns>In milliseconds; zero without a call.</returns>
    public double At(double share)
    {
        lock (_lock)
        {
            if (_milliseconds.Count == 0)
            {
                return 0;
            }

            if (!_sorted)
            {
                _milliseconds.Sort();
                _sorted = true;
            }

            return _milliseconds[(int)Math.Min(_milliseconds.Count - 1, _milliseconds.Count * share)];
        }
    }
}
