using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class NetworkCut : Scenario
{
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(15);

    public override string Name => "network-cut";

    public override string Rule =>
        "the network between one node and the database is cut while it receives pairs: it starts no call, the other node serves, and afterwards the pairs are stored";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Cables? cables = await Cables.TryLayAsync(2);
        if (cables is null)
        {
            findings.Remark = "by a proxy that passes nothing on: no network namespace may be made here";
            await PlayAsync(
                arena,
                findings,
                await arena.TwoNodesAsync(),
                () => Task.Run(arena.Network.Cut),
                () => Task.Run(arena.Network.Mend)
            );
            return;
        }

        findings.Remark = "by the database's network namespace";
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            Path.Combine(arena.FolderOf(Name), "postgresql"),
            cables: cables
        );
        await using Installation nodes = new(arena.FolderOf($"{Name}-nodes"), arena.Provider, cluster.ConnectionString);
        await nodes.StartAsync(
            cluster.ConnectionString,
            PostgreSqlCluster.ConnectionStringAt(cluster.Port, cables.Inside(1)) + ";Command Timeout=5;Timeout=5"
        );
        await PlayAsync(arena, findings, nodes, () => cables.PullAsync(1), () => cables.PlugInAsync(1));
    }

    private async Task PlayAsync(
        Arena arena,
        Findings findings,
        Installation installation,
        Func<Task> cutAsync,
        Func<Task> mendAsync
    )
    {
        IReadOnlyList<string> strict = Users(4, "strict");
        IReadOnlyList<string> others = Users(4, "others");
        await installation.AdmitAsync(Habit.Strict, strict);
        await installation.AdmitAsync(Habit.Strict, others);
        await installation.LetTokensEndAsync(Habit.Strict, strict, isDue: false);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach (string user in strict)
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.Second, Habit.Strict, user)));
            await ArrivedAsync(gate);
        }

        await cutAsync();
        findings.Broke();
        held.ForEach(one => one.Gate.Open());
        Task cut = PauseAsync(Cut);
        int before = others.Sum(arena.Provider.Ledger.CallsOf);
        List<Task<Answer>> refused = [];
        while (!cut.IsCompleted)
        {
            refused.AddRange(others.Select(user => caller.WhoAsync(installation.Second, Habit.Strict, user)));
            await PauseAsync(TimeSpan.FromSeconds(1));
            refused.AddRange(strict.Select(user => caller.WhoAsync(installation.First, Habit.Strict, user)));
        }

        int during = others.Sum(arena.Provider.Ledger.CallsOf) - before;
        findings.Expect(during == 0, $"the node without a database started {during} calls");
        foreach (string user in others)
        {
            Answer answer = await caller.WhoAsync(installation.First, Habit.Strict, user);
            findings.Expect(answer == Answer.Own, $"{user}: the other node answers {answer}");
        }

        await mendAsync();
        await SettledAsync(refused);
        await SettledAsync(held.Select(one => one.Call));
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, strict);
        await judge.NothingLostAsync(Habit.Strict, others);
        await judge.TrailIsWholeAsync();
    }
}
