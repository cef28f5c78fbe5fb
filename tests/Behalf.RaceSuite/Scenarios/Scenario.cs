using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

/// <summary>One way in which things go wrong, and the rule that holds all the same.</summary>
internal abstract class Scenario
{
    public abstract string Name { get; }

    public abstract string Rule { get; }

    /// <value>Why it cannot be played on this machine; null: it can.</value>
    public virtual string? Missing => null;

    public abstract Task PlayAsync(Arena arena, Findings findings);

    /// <summary>Users that no other scenario has.</summary>
    protected IReadOnlyList<string> Users(int count, string part = "") =>
        [.. Enumerable.Range(1, count).Select(i => $"{Name}{(part.Length > 0 ? $" {part}" : "")} {i}")];

    protected static Task PauseAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    /// <summary>Whatever a call made of it: what counts is what is there afterwards.</summary>
    protected static async Task SettledAsync(IEnumerable<Task> tasks)
    {
        foreach (Task task in tasks)
        {
            await task;
        }
    }

    protected static async Task<Gate> ArrivedAsync(Gate gate)
    {
        await gate.Arrived.WaitAsync(TimeSpan.FromSeconds(90), TimeProvider.System);
        return gate;
    }
}
