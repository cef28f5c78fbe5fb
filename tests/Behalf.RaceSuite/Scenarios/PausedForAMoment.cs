using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class PausedForAMoment : Scenario
{
    /// <summary>Well past <c>NodeDeadAfter</c> and the request's own time, well before the end of a lease of 38 s.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(12);

    public override string Name => "paused-for-a-moment";

    public override string Rule =>
        "a node is stopped (SIGSTOP) until it counts as dead and its token request is over time, and resumed within its lease: the strict pair that came meanwhile is waited for and stored, not asked for again";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Installation installation = await arena.OwnAsync(
            Name,
            own => own.Settings["BEHALF__REFRESHTIMEOUT"] = "00:00:08"
        );
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
        List<Task> others = [];
        for (int second = 0; second < Pause.TotalSeconds; second++)
        {
            await PauseAsync(TimeSpan.FromSeconds(1));
            others.AddRange(users.Select(user => caller.WhoAsync(installation.Second, Habit.Strict, user)));
        }

        installation.First.Resume();
        await SettledAsync(held.Select(one => one.Call).Concat(others));
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        foreach (string user in users)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{user}: {requests} refresh requests");
        }

        findings.Expect(installation.First.Runs, "the node that was paused has ended");
        await judge.TrailIsWholeAsync();
    }
}
