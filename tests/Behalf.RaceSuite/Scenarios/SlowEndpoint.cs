using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class SlowEndpoint : Scenario
{
    /// <summary>Longer than locks that others hold, and longer than a caller waits (30 s).</summary>
    private static readonly TimeSpan[] Delays = [TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(40)];

    /// <summary>What <c>--quick</c> divides every time by, the servers' too.</summary>
    private const int QuickScale = 10;

    public override string Name => "slow-endpoint";

    public override string Rule =>
        "a token endpoint that takes 11 s or 40 s, rotating before or after (a tenth with --quick, as all the servers' times): one request, nothing lost";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        int scale = arena.IsQuick ? QuickScale : 1;
        await using Installation installation = await arena.OwnAsync(
            Name,
            own =>
            {
                own.Settings["BEHALF__TOKENREQUESTTIMEOUT"] = $"{TimeSpan.FromSeconds(30) / scale}";
                own.Settings["BEHALF__REFRESHTIMEOUT"] = $"{TimeSpan.FromMinutes(2) / scale}";
            }
        );
        List<(string User, TimeSpan Delay)> cast =
        [
            .. Delays
                .Select(delay => delay / scale)
                .SelectMany(delay => Users(2, $"{delay.TotalSeconds:0.0}s").Select(user => (user, delay))),
        ];
        List<string> users = [.. cast.Select(one => one.User)];
        await installation.AdmitAsync(Habit.Strict, users);
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
        for (int i = 0; i < cast.Count; i++)
        {
            arena.Provider.Plan(cast[i].User, new TokenFault { Delay = cast[i].Delay, IsCarriedOutFirst = i % 2 == 0 });
            findings.Broke();
        }

        Caller caller = new(findings);
        Answer[] answers = await Task.WhenAll(
            users.SelectMany(user =>
                installation.Nodes.Select(node =>
                    caller.UntilDefiniteAsync(node, Habit.Strict, user, TimeSpan.FromSeconds(80))
                )
            )
        );

        findings.Expect(
            Array.TrueForAll(answers, answer => answer == Answer.Own),
            "a caller was not answered in the end"
        );
        foreach (string user in users)
        {
            int requests = arena.Provider.Ledger.Find(Habit.Strict, user)!.RefreshRequests;
            findings.Expect(requests == 1, $"{user}: {requests} refresh requests");
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        await judge.TrailIsWholeAsync();
    }
}
