using System.Collections.Concurrent;

namespace Behalf.RaceSuite.Judgement;

/// <summary>What one scenario did and what was seen. Safe to call concurrently.</summary>
internal sealed class Findings
{
    private readonly ConcurrentQueue<string> _losses = new();
    private int _calls;
    private int _stated;
    private int _faults;

    /// <value>Each is a broken rule; none is what the suite is for.</value>
    public IReadOnlyCollection<string> Losses => _losses;

    public int Calls => _calls;

    /// <value>Accounts that say why they must be connected again, where the rule allows it.</value>
    public int Stated => _stated;

    public int Faults => _faults;

    /// <value>Refresh requests at the provider, as counted by it.</value>
    public int Refreshes { get; set; }

    /// <value>Why the scenario could not be played here; null: it was.</value>
    public string? Skipped { get; set; }

    public string Remark { get; set; } = string.Empty;

    /// <value>Why calls were not answered, and how often each.</value>
    public ConcurrentDictionary<string, int> Refusals { get; } = new(StringComparer.Ordinal);

    public void Refused(string why) => Refusals.AddOrUpdate(why, 1, (_, times) => times + 1);

    public void Called() => Interlocked.Increment(ref _calls);

    public void IsStated() => Interlocked.Increment(ref _stated);

    /// <summary>The scenario broke something on purpose.</summary>
    public void Broke(int times = 1) => Interlocked.Add(ref _faults, times);

    public void Lost(string what) => _losses.Enqueue(what);

    public void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            Lost(otherwise);
        }
    }
}
