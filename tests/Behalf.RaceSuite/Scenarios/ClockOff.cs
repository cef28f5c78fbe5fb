using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class ClockOff : Scenario
{
    private static readonly TimeSpan Off = TimeSpan.FromMinutes(10);

    public override string Name => "clock-off";

    public override string Rule =>
        "one node's clock is ten minutes ahead, then ten minutes behind: one refresh for each expired token, nothing lost";

    public override string? Missing =>
        Programs.FakeTime() is not null
            ? null
            : "faketime is not installed here (Debian: faketime); .ci/run installs it";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        foreach (TimeSpan offset in new[] { Off, -Off })
        {
            await OneAsync(arena, installation, findings, offset);
        }

        await installation.Second.StopAsync();
        await installation.Second.StartAsync();
        await new Judge(installation, findings).TrailIsWholeAsync();
    }

    private async Task OneAsync(Arena arena, Installation installation, Findings findings, TimeSpan offset)
    {
        await installation.Second.StopAsync();
        await installation.Second.StartWithClockAsync(offset);
        findings.Broke();
        IReadOnlyList<string> users = Users(20, offset > TimeSpan.Zero ? "ahead" : "behind");
        await installation.AdmitAsync(Habit.Strict, users);
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: true);
        arena.Provider.Ledger.AccessLifetime = TimeSpan.FromMinutes(5); // shorter than the clocks are apart
        try
        {
            Caller caller = new(findings);
            Answer[] answers = await Task.WhenAll(
                users.SelectMany(user =>
                    Enumerable
                        .Range(0, 10)
                        .Select(i =>
                            caller.UntilDefiniteAsync(
                                installation.Nodes[i % 2],
                                Habit.Strict,
                                user,
                                TimeSpan.FromSeconds(60)
                            )
                        )
                )
            );
            findings.Expect(
                Array.TrueForAll(answers, answer => answer == Answer.Own),
                $"{answers.Count(answer => answer != Answer.Own)} calls were not answered"
            );
            foreach (string user in users)
            {
                int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
                findings.Expect(requests == 1, $"{user}: {requests} refresh requests with a clock {offset} off");
            }
        }
        finally
        {
            arena.Provider.Ledger.AccessLifetime = TimeSpan.FromHours(1);
        }

        await new Judge(installation, findings).NothingLostAsync(Habit.Strict, users);
    }
}
