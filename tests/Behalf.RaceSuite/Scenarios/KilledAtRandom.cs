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
            Dictionary<(Habit, string), int> asked = users.ToDictionary(one => one, one => Risked(arena, one));
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
            HashSet<(Habit, string)> dying =
            [
                .. asked.Where(one => Risked(arena, one.Key) > one.Value).Select(one => one.Key),
            ];
            await Task.WhenAll(installation.Nodes.Select(node => node.StartAsync()));
            load.Judge(arena.Provider.Ledger, findings);
            foreach (Habit habit in Enum.GetValues<Habit>())
            {
                IReadOnlyList<string> cast = Users(PerHabit, habit.Slug());
                await new Judge(installation, findings).NothingLostAsync(
                    habit,
                    cast,
                    user => dying.Contains((habit, user))
                );
            }

            await ConnectAgainAsync(installation);
        }

        await new Judge(installation, findings).TrailIsWholeAsync();
    }

    /// <summary>
    /// How often an account's pair could have died with a process: a strict one whenever it is asked for, one with a grace only
    /// when it is asked for again, by the one probe (decision 40), a steady one never.
    /// </summary>
    private static int Risked(Arena arena, (Habit Habit, string User) one) =>
        arena.Provider.Ledger.Find(one.Habit, one.User) is not { } grant
            ? 0
            : one.Habit switch
            {
                Habit.Strict => grant.RefreshRequests,
                Habit.Grace => grant.Repeats,
                _ => 0,
            };

    /// <summary>Those whose pair died with a process, for the next round.</summary>
    private async Task ConnectAgainAsync(Installation installation)
    {
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            foreach (string user in Users(PerHabit, habit.Slug()))
            {
                if (!(await installation.First.Client.Accounts.GetAsync(habit.Slug(), user)).IsActive)
                {
                    await installation.ReconnectAsync(habit, user);
                }
            }
        }
    }
}
