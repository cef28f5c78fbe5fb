using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class PausedForAMoment : Scenario
{
    public override string Name => "paused-for-a-moment";

    public override string Rule =>
        "a node is stopped long enough to count as dead and resumed within its lease: a strict pair it received is waited for, not asked for again";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(4);
        await installation.AdmitAsync(Habit.Strict, users);
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach (string user in users)
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.First, Habit.Strict, user)));
            await ArrivedAsync(gate);
        }

        installation.First.Pause();
        findings.Broke();
        held.ForEach(one => one.Gate.Open());
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (int second = 0; second < 12; second++)
        {
            await timer.WaitForNextTickAsync();
            await Task.WhenAll(users.Select(user => caller.WhoAsync(installation.Second, Habit.Strict, user)));
        }

        installation.First.Resume();
        await SettledAsync(held.Select(one => one.Call));
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        await judge.TrailIsWholeAsync();
    }
}
