using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class KilledAtRandom : Scenario
{
    private const int PerHabit = 20;
    private const int MostMilestones = 400;

    public override string Name => "killed-at-random";

    public override string Rule =>
        "both nodes killed at random points under load with tokens that keep ending: nothing lost, no write done twice, every acknowledged one there";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        Random random = new(arena.Seed);
        List<(Habit Habit, string User)> users =
        [
            .. Enum.GetValues<Habit>().SelectMany(habit => Users(PerHabit, habit.Slug()).Select(user => (habit, user))),
        ];
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            await installation.AdmitAsync(habit, Users(PerHabit, habit.Slug()));
        }

        int rounds = arena.IsQuick ? 3 : 20;
        for (int round = 0; round < rounds; round++)
        {
            Dictionary<string, int> asked = Users(PerHabit, Habit.Strict.Slug())
                .ToDictionary(user => user, user => Asked(arena, user));
            foreach (Habit habit in Enum.GetValues<Habit>())
            {
                await installation.LetTokensEndAsync(habit, Users(PerHabit, habit.Slug()), isDue: round % 2 == 0);
            }

            await Task.WhenAll(installation.Nodes.Select(node => node.StopAsync()));
            foreach (Node node in installation.Nodes)
            {
                await node.StartDoomedAsync("*", random.Next(1, MostMilestones));
                findings.Broke();
            }

            await using Load load = new(installation, findings, users, callers: 6);
            await Task.WhenAll(installation.Nodes.Select(node => node.EndedAsync()));
            await load.EndAsync();
            HashSet<string> dying = [.. asked.Where(one => Asked(arena, one.Key) > one.Value).Select(one => one.Key)];
            await Task.WhenAll(installation.Nodes.Select(node => node.StartAsync()));
            load.Judge(arena.Provider.Ledger, findings);
            foreach (Habit habit in Enum.GetValues<Habit>())
            {
                IReadOnlyList<string> cast = Users(PerHabit, habit.Slug());
                // A pair can only have died with a process if it was asked for in this round.
                await new Judge(installation, findings).NothingLostAsync(
                    habit,
                    cast,
                    user => habit == Habit.Strict && dying.Contains(user)
                );
            }

            await ConnectAgainAsync(installation);
        }

        await new Judge(installation, findings).TrailIsWholeAsync();
    }

    private static int Asked(Arena arena, string user) =>
        arena.Provider.Ledger.Find(Habit.Strict, user)?.RefreshRequests ?? 0;

    /// <summary>Those whose pair died with a process, for the next round.</summary>
    private async Task ConnectAgainAsync(Installation installation)
    {
        foreach (string user in Users(PerHabit, Habit.Strict.Slug()))
        {
            if (!(await installation.First.Client.Accounts.GetAsync(Habit.Strict.Slug(), user)).IsActive)
            {
                await installation.ReconnectAsync(Habit.Strict, user);
            }
        }
    }
}
