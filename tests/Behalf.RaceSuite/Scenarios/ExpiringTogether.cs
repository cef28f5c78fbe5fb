using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class ExpiringTogether : Scenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public override string Name => "expiring-together";

    public override string Rule =>
        "10,000 accounts (1,000 with --quick) expire together on two nodes: exactly as many refresh requests, none lost, none twice";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(arena.IsQuick ? 1_000 : 10_000);
        await installation.AdmitAsync(Habit.Strict, users);
        Grant[] grants = [.. users.Select(user => arena.Provider.Ledger.Find(Habit.Strict, user)!)];
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: true);
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        await using (
            Load load = new(installation, findings, [.. users.Select(user => (Habit.Strict, user))], callers: 4)
        )
        {
            using CancellationTokenSource limit = new(Patience, TimeProvider.System);
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            while (grants.Any(grant => grant.Renewals == 0) && !limit.IsCancellationRequested)
            {
                await timer.WaitForNextTickAsync();
            }

            TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(began);
            findings.Remark = $"{users.Count / took.TotalSeconds:0} refreshes a second";
            await load.EndAsync();
            load.Judge(arena.Provider.Ledger, findings);
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        findings.Expect(
            findings.Refreshes == users.Count,
            $"{findings.Refreshes} refresh requests for {users.Count} accounts"
        );
        await judge.TrailIsWholeAsync();
    }
}
