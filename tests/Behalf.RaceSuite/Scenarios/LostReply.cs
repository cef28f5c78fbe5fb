using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class LostReply(Ground ground) : Scenario
{
    public override string Name => ground == Ground.Sqlite ? "lost-reply-sqlite" : "lost-reply";

    public override string Rule =>
        "the reply is lost: with grace or without rotation asked again at once; strict, asked once more when the old token has ended, and if it was carried out the account says so";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.OnAsync(ground);
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            IReadOnlyList<string> carriedOut = Users(3, $"{habit.Slug()} carried out");
            IReadOnlyList<string> notCarriedOut = Users(3, $"{habit.Slug()} not carried out");
            List<string> users = [.. carriedOut, .. notCarriedOut];
            await installation.AdmitAsync(habit, users);
            await installation.LetTokensEndAsync(habit, users, isDue: false);
            foreach (string user in users)
            {
                arena.Provider.Plan(
                    user,
                    new TokenFault { IsReplyLost = true, IsCarriedOut = carriedOut.Contains(user) }
                );
                findings.Broke();
            }

            Caller caller = new(findings);
            await SettledAsync(
                users.SelectMany(user => installation.Nodes.Select(node => (Task)caller.WhoAsync(node, habit, user)))
            );
            Judge judge = new(installation, findings);
            await judge.NothingLostAsync(habit, users, user => habit == Habit.Strict);
            foreach (string user in notCarriedOut)
            {
                findings.Expect(
                    (await installation.First.Client.Accounts.GetAsync(habit.Slug(), user)).IsActive,
                    $"{user}: nothing was carried out, and still the account is lost"
                );
            }
        }

        await AnsweredOnAsync(installation, findings);
        await new Judge(installation, findings).TrailIsWholeAsync();
    }

    /// <summary>Each node has seen answers again: what comes after this does not begin with endpoints that count as silent.</summary>
    private async Task AnsweredOnAsync(Installation installation, Findings findings)
    {
        Caller caller = new(findings);
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            IReadOnlyList<string> users = Users(installation.Nodes.Count, $"{habit.Slug()} on");
            await installation.AdmitAsync(habit, users);
            await installation.LetTokensEndAsync(habit, users, isDue: false);
            foreach ((Node node, string user) in installation.Nodes.Zip(users))
            {
                Answer answer = await caller.UntilDefiniteAsync(node, habit, user, TimeSpan.FromSeconds(90));
                findings.Expect(answer == Answer.Own, $"{user}: {answer} after the replies came again");
            }
        }
    }
}
