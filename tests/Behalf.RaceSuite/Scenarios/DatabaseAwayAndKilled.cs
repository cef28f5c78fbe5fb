using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class DatabaseAwayAndKilled : Scenario
{
    public override string Name => "database-away-and-killed";

    public override string Rule =>
        "pairs arrive while the database is away, and then both nodes are killed: the spool has them, the restarted nodes store them, nobody asks twice";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(8);
        await installation.AdmitAsync(Habit.Strict, users);
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach ((int index, string user) in users.Index())
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.Nodes[index % 2], Habit.Strict, user)));
            await ArrivedAsync(gate);
        }

        await arena.Cluster.CrashAsync();
        findings.Broke();
        held.ForEach(one => one.Gate.Open());
        await SpooledAsync(installation, users.Count);
        await Task.WhenAll(installation.Nodes.Select(node => node.KillAsync()));
        findings.Broke();
        await SettledAsync(held.Select(one => one.Call));
        await arena.Cluster.StartAsync();
        // The first to be back must not ask about what the other one has.
        await installation.First.StartAsync();
        await Task.WhenAll(users.Select(user => caller.WhoAsync(installation.First, Habit.Strict, user)));
        await installation.Second.StartAsync();
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        foreach (string user in users)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{user}: {requests} refresh requests");
        }

        findings.Expect(CountSpooled(installation) == 0, "a stored pair is still in the spool");
        await judge.TrailIsWholeAsync();
    }

    private static int CountSpooled(Installation installation) =>
        installation
            .Nodes.Select(node => Path.Combine(node.Data, "spool"))
            .Where(Directory.Exists)
            .Sum(folder => Directory.GetFiles(folder, "*.pair").Length);

    private static async Task SpooledAsync(Installation installation, int count)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (CountSpooled(installation) < count)
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new StageException(
                    $"{CountSpooled(installation)} of {count} pairs are in the spool after a minute"
                );
            }
        }
    }
}
