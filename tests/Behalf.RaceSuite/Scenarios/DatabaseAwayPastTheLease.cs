using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class DatabaseAwayPastTheLease : Scenario
{
    /// <summary>What a lease lasts longer than its refresh may take.</summary>
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(10);

    public override string Name => "database-away-past-the-lease";

    public override string Rule =>
        "pairs arrive while the database is away, and it stays away until every lease is over: when it is back nobody asks again for what another node has in hand";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Installation installation = await arena.OwnAsync(
            Name,
            own => own.Settings["BEHALF__REFRESHTIMEOUT"] = RefreshTimeout.ToString()
        );
        IReadOnlyList<string> users = Users(arena.IsQuick ? 8 : 16);
        await installation.AdmitAsync(Habit.Strict, users);
        // Their own schedulers look after them too: as soon as they can.
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: true);
        Caller caller = new(findings);
        List<(Gate Gate, Task Call)> held = [];
        foreach ((int index, string user) in users.Index())
        {
            Gate gate = new();
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            held.Add((gate, caller.WhoAsync(installation.Nodes[index % 2], Habit.Strict, user)));
        }

        foreach ((Gate gate, _) in held)
        {
            await ArrivedAsync(gate);
        }

        await arena.Cluster.CrashAsync();
        findings.Broke();
        held.ForEach(one => one.Gate.Open());
        await PauseAsync(RefreshTimeout + LeaseSlack);
        await arena.Cluster.StartAsync();
        await SettledAsync(held.Select(one => one.Call));
        await SettledAsync(
            users.SelectMany(user => installation.Nodes.Select(node => (Task)caller.WhoAsync(node, Habit.Strict, user)))
        );
        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        foreach (string user in users)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{user}: {requests} refresh requests");
        }

        await judge.TrailIsWholeAsync();
    }
}
