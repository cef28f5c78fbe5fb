using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class ParallelCalls(Ground ground) : Scenario
{
    private const int Calls = 500;

    public override string Name => ground == Ground.Sqlite ? "parallel-calls-sqlite" : "parallel-calls";

    public override string Rule =>
        "500 calls at once on an expired token, on two nodes: one refresh, every call answered";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.OnAsync(ground);
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            string user = Users(1, habit.Slug())[0];
            await installation.AdmitAsync(habit, [user]);
            await installation.LetTokensEndAsync(habit, [user], isDue: true);
            Caller caller = new(findings);
            Answer[] answers = await Task.WhenAll(
                Enumerable
                    .Range(0, Calls)
                    .Select(i => caller.WhoAsync(installation.Nodes[i % installation.Nodes.Count], habit, user))
            );

            findings.Expect(
                Array.TrueForAll(answers, answer => answer == Answer.Own),
                $"{habit.Slug()}: {answers.Count(answer => answer != Answer.Own)} calls were not answered"
            );
            int requests = arena.Provider.Ledger.Find(habit, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{habit.Slug()}: {requests} refresh requests for one expired token");
            await new Judge(installation, findings).NothingLostAsync(habit, [user]);
        }

        await new Judge(installation, findings).TrailIsWholeAsync();
    }
}
