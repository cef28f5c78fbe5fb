using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

/// <summary>
/// For each step: one user of each habit in the middle of a refresh when the process dies. The strict one stands exactly
/// at the step, the others are held at the provider, carried out.
/// </summary>
internal sealed class KilledAtEachStep(Ground ground) : Scenario
{
    private static readonly Step[] Steps =
    [
        new("before the attempt", "refresh.lease_taken", 3, PairDies: false),
        new("before it is sent", "refresh.attempt_committed", 3, PairDies: false),
        new("sent, not carried out", null, 0, PairDies: false),
        new("sent and carried out", null, 0, PairDies: true),
        new("after the reply", "refresh.tokens_received", 1, PairDies: true),
        new("after the commit", "refresh.committed", 1, PairDies: false),
    ];

    public override string Name => ground == Ground.Sqlite ? "killed-at-each-step-sqlite" : "killed-at-each-step";

    public override string Rule =>
        "kill -9 before the attempt, before and after sending, after the reply, after the commit: the other node or the restarted one goes on; only a strict pair that died between reply and commit is lost, and its account says so";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.OnAsync(ground);
        Judge judge = new(installation, findings);
        for (int i = 0; i < Steps.Length; i++)
        {
            await StepAsync(
                arena,
                installation,
                judge,
                findings,
                Steps[i],
                takeOver: ground == Ground.TwoNodes && i % 2 == 0
            );
        }

        await judge.TrailIsWholeAsync();
    }

    private async Task StepAsync(
        Arena arena,
        Installation installation,
        Judge judge,
        Findings findings,
        Step step,
        bool takeOver
    )
    {
        string strict = Users(1, $"strict {step.Name}")[0];
        string grace = Users(1, $"grace {step.Name}")[0];
        string steady = Users(1, $"steady {step.Name}")[0];
        await installation.AdmitAsync(Habit.Strict, [strict]);
        await installation.AdmitAsync(Habit.Grace, [grace]);
        await installation.AdmitAsync(Habit.Steady, [steady]);
        await installation.LetTokensEndAsync(
            [(Habit.Strict, [strict]), (Habit.Grace, [grace]), (Habit.Steady, [steady])],
            isDue: false
        );
        if (step.Milestone is { } milestone)
        {
            await installation.First.StopAsync();
            await installation.First.StartDoomedAsync(milestone, step.Count);
        }
        else
        {
            await installation.First.StartAsync();
        }

        Caller caller = new(findings);
        Gate held = new();
        Gate heldToo = new();
        Gate exact = new();
        arena.Provider.Plan(grace, new TokenFault { Gate = held });
        arena.Provider.Plan(steady, new TokenFault { Gate = heldToo });
        List<Task> calls =
        [
            caller.WhoAsync(installation.First, Habit.Grace, grace),
            caller.WhoAsync(installation.First, Habit.Steady, steady),
        ];
        await ArrivedAsync(held);
        await ArrivedAsync(heldToo);
        if (step.Milestone is null)
        {
            // Lost on the way when it was not carried out: the provider never finished reading it.
            arena.Provider.Plan(
                strict,
                new TokenFault
                {
                    Gate = exact,
                    IsCarriedOut = step.PairDies,
                    IsReplyLost = !step.PairDies,
                }
            );
        }

        calls.Add(caller.WhoAsync(installation.First, Habit.Strict, strict));
        if (step.Milestone is null)
        {
            await ArrivedAsync(exact);
            await installation.First.KillAsync();
        }
        else
        {
            await installation.First.EndedAsync();
        }

        findings.Broke();
        held.Open();
        heldToo.Open();
        exact.Open();
        await SettledAsync(calls);
        if (takeOver)
        {
            foreach ((Habit habit, string user) in new[] { (Habit.Grace, grace), (Habit.Steady, steady) })
            {
                Answer answer = await caller.UntilDefiniteAsync(
                    installation.Second,
                    habit,
                    user,
                    TimeSpan.FromSeconds(30)
                );
                findings.Expect(answer == Answer.Own, $"{user}: the other node does not take over ({answer})");
            }
        }

        await installation.First.StartAsync();
        await judge.NothingLostAsync(Habit.Strict, [strict], _ => step.PairDies || step.Milestone is null);
        await judge.NothingLostAsync(Habit.Grace, [grace]);
        await judge.NothingLostAsync(Habit.Steady, [steady]);
        bool isActive = (await installation.First.Client.Accounts.GetAsync("strict", strict)).IsActive;
        findings.Expect(isActive || step.PairDies, $"{step.Name}: the strict pair was lost although it need not be");
    }

    /// <param name="PairDies">A strict provider has given the next pair, and nobody has it any more.</param>
    private sealed record Step(string Name, string? Milestone, int Count, bool PairDies);
}
