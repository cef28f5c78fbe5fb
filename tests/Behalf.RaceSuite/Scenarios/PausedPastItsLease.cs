using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class PausedPastItsLease : Scenario
{
    private const int PerHabit = 3;

    public override string Name => "paused-past-its-lease";

    public override string Rule =>
        "a node is stopped (SIGSTOP) with replies in its sockets until others took over, then resumed: its late commits change nothing";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Installation installation = await arena.OwnAsync(
            Name,
            own => own.Settings["BEHALF__REFRESHTIMEOUT"] = "00:00:05" // and so a lease of 35 s
        );
        IReadOnlyList<string> grace = Users(PerHabit, "grace");
        IReadOnlyList<string> strict = Users(PerHabit, "strict");
        await installation.AdmitAsync(Habit.Grace, grace);
        await installation.AdmitAsync(Habit.Strict, strict);
        await installation.LetTokensEndAsync(Habit.Grace, grace, isDue: false);
        await installation.LetTokensEndAsync(Habit.Strict, strict, isDue: false);
        Caller caller = new(findings);
        List<Gate> gates = [];
        List<Task> calls = [];
        foreach ((Habit habit, string user) in Cast(grace, strict))
        {
            Gate gate = new();
            gates.Add(gate);
            arena.Provider.Plan(user, new TokenFault { Gate = gate });
            calls.Add(caller.WhoAsync(installation.First, habit, user));
        }

        foreach (Gate gate in gates)
        {
            await ArrivedAsync(gate);
        }

        installation.First.Pause();
        findings.Broke();
        gates.ForEach(gate => gate.Open());
        foreach ((Habit habit, string user) in Cast(grace, strict))
        {
            Answer answer = await caller.UntilDefiniteAsync(installation.Second, habit, user, TimeSpan.FromSeconds(60));
            Answer expected = habit == Habit.Grace ? Answer.Own : Answer.MustConnect;
            findings.Expect(answer == expected, $"{user}: the other node answers {answer}");
        }

        Dictionary<string, string?> before = await PairsAsync(installation, grace);
        installation.First.Resume();
        await SettledAsync(calls);
        await PauseAsync(TimeSpan.FromSeconds(2));
        foreach ((string user, string? pair) in await PairsAsync(installation, grace))
        {
            findings.Expect(before[user] is not null, $"{user}: has no pair");
            findings.Expect(before[user] == pair, $"{user}: a late commit replaced the newer pair");
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Grace, grace);
        await judge.NothingLostAsync(Habit.Strict, strict, _ => true);
        await judge.TrailIsWholeAsync();
    }

    private static IEnumerable<(Habit, string)> Cast(IReadOnlyList<string> grace, IReadOnlyList<string> strict) =>
        [.. grace.Select(user => (Habit.Grace, user)), .. strict.Select(user => (Habit.Strict, user))];

    private static async Task<Dictionary<string, string?>> PairsAsync(
        Installation installation,
        IEnumerable<string> users
    )
    {
        Dictionary<string, string?> pairs = new(StringComparer.Ordinal);
        foreach (string user in users)
        {
            var read = await installation.Second.Client.Credentials.ReadAsync(Habit.Grace.Slug(), user);
            pairs[user] = (read as Client.AccountCredential.Tokens)?.RefreshToken?.Reveal();
        }

        return pairs;
    }
}
