using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class DatabaseRestarts : Scenario
{
    public override string Name => "database-restarts";

    public override string Rule =>
        "the database crashes and comes back under load, with pairs that arrive while it is away: they are stored when it is back, nobody asks twice";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> strict = Users(6, "strict");
        IReadOnlyList<string> others = Users(10, "load");
        await installation.AdmitAsync(Habit.Strict, strict);
        await installation.AdmitAsync(Habit.Strict, others);
        await using Load load = new(
            installation,
            findings,
            [.. others.Select(user => (Habit.Strict, user))],
            callers: 4
        );
        int rounds = arena.IsQuick ? 2 : 8;
        for (int round = 0; round < rounds; round++)
        {
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

            await arena.Cluster.CrashAsync();
            findings.Broke();
            held.ForEach(one => one.Gate.Open());
            await PauseAsync(TimeSpan.FromSeconds(3));
            await arena.Cluster.StartAsync();
            await SettledAsync(held.Select(one => one.Call));
        }

        await load.EndAsync();
        load.Judge(arena.Provider.Ledger, findings);
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, strict);
        await judge.NothingLostAsync(Habit.Strict, others);
        foreach (string user in strict)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == rounds, $"{user}: {requests} refresh requests in {rounds} rounds");
        }

        await judge.TrailIsWholeAsync();
    }
}
