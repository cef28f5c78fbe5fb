using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class Failover : Scenario
{
    public override string Name => "failover";

    public override string Rule =>
        "the primary dies under load with pairs on their way, and its synchronous standby is promoted: the nodes find it, nothing acknowledged is gone";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using PostgreSqlCluster primary = await PostgreSqlCluster.StartAsync(
            Path.Combine(arena.FolderOf(Name), "primary")
        );
        await using PostgreSqlCluster standby = await primary.AddStandbyAsync(
            Path.Combine(arena.FolderOf(Name), "standby")
        );
        string either =
            $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username=behalf;Database=behalf;"
            + "Target Session Attributes=primary;Host Recheck Seconds=1";
        await using Installation installation = new(arena.FolderOf($"{Name}-nodes"), arena.Provider, either);
        await installation.StartAsync(either, either);
        IReadOnlyList<string> strict = Users(6, "strict");
        IReadOnlyList<string> others = Users(10, "load");
        await installation.AdmitAsync(Habit.Strict, strict);
        await installation.AdmitAsync(Habit.Strict, others);
        await using Load load = new(
            installation,
            findings,
            [.. others.Select(user => (Habit.Strict, user))],
            callers: 3
        );
        await installation.LetTokensEndAsync(Habit.Strict, [.. strict, .. others], isDue: false);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach ((int index, string user) in strict.Index())
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.Nodes[index % 2], Habit.Strict, user)));
            await ArrivedAsync(gate);
        }

        await primary.CrashAsync();
        findings.Broke();
        held.ForEach(one => one.Gate.Open());
        await PauseAsync(TimeSpan.FromSeconds(2));
        await standby.PromoteAsync();
        await SettledAsync(held.Select(one => one.Call));
        await load.EndAsync();
        load.Judge(arena.Provider.Ledger, findings);
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, strict);
        await judge.NothingLostAsync(Habit.Strict, others);
        foreach (string user in strict)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{user}: {requests} refresh requests");
        }

        await judge.TrailIsWholeAsync();
    }
}
