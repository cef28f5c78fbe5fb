using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class DiskFull(Ground ground) : Scenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public override string Name => ground == Ground.Sqlite ? "disk-full-sqlite" : "disk-full";

    public override string Rule =>
        "the database's disk fills up with pairs on their way: calls are refused before anything is sent, and when there is room again all is stored";

    public override string? Missing => SmallDisk.Missing;

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using SmallDisk disk = await SmallDisk.MountAsync(
            Path.Combine(arena.FolderOf(Name), "disk"),
            ground == Ground.Sqlite ? 24 : 48
        );
        if (ground == Ground.Sqlite)
        {
            await using Installation installation = new(disk.Folder, arena.Provider, null)
            {
                Logs = arena.FolderOf($"{Name}-nodes"),
            };
            await installation.StartAsync(string.Empty);
            await FillAsync(arena, installation, disk, findings);
            return;
        }

        string tables = Path.Combine(disk.Folder, "tables");
        Directory.CreateDirectory(tables);
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            Path.Combine(arena.FolderOf(Name), "postgresql"),
            tables
        );
        await using Installation nodes = new(arena.FolderOf($"{Name}-nodes"), arena.Provider, cluster.ConnectionString);
        await nodes.StartAsync(cluster.ConnectionString, cluster.ConnectionString);
        await FillAsync(arena, nodes, disk, findings);
    }

    private async Task FillAsync(Arena arena, Installation installation, SmallDisk disk, Findings findings)
    {
        IReadOnlyList<string> strict = Users(6, "strict");
        IReadOnlyList<string> others = Users(6, "load");
        await installation.AdmitAsync(Habit.Strict, strict);
        await installation.AdmitAsync(Habit.Strict, others);
        await installation.LetTokensEndAsync(Habit.Strict, strict, isDue: false);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach ((int index, string user) in strict.Index())
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.Nodes[index % installation.Nodes.Count], Habit.Strict, user)));
            await ArrivedAsync(gate);
        }

        disk.Fill();
        findings.Broke();
        await using (
            Load load = new(installation, findings, [.. others.Select(user => (Habit.Strict, user))], callers: 4)
        )
        {
            using CancellationTokenSource limit = new(Patience, TimeProvider.System);
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            while (load.NotAnswered == 0 && !limit.IsCancellationRequested)
            {
                await timer.WaitForNextTickAsync();
            }

            findings.Expect(load.NotAnswered > 0, "the disk was not full: no call was refused");
            foreach (Node node in installation.Nodes)
            {
                bool isReady = true; // until a call on it has found out
                while (isReady && !limit.IsCancellationRequested)
                {
                    await timer.WaitForNextTickAsync();
                    isReady = await node.IsReadyAsync();
                }

                findings.Expect(!isReady, $"{node.Name} says that it is ready, and can write nothing");
            }

            held.ForEach(one => one.Gate.Open());
            await PauseAsync(TimeSpan.FromSeconds(3));
            disk.Empty();
            await load.EndAsync();
            load.Judge(arena.Provider.Ledger, findings);
        }

        await SettledAsync(held.Select(one => one.Call));
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, strict);
        await judge.NothingLostAsync(Habit.Strict, others);
        await judge.TrailIsWholeAsync();
    }
}
