using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class RevokedDuringRefresh : Scenario
{
    public override string Name => "revoked-during-refresh";

    public override string Rule =>
        "an account is revoked while its refresh is under way: no call starts after the acknowledgement, and the new pair is revoked at the provider";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(arena.IsQuick ? 20 : 200);
        await installation.AdmitAsync(Habit.Strict, users);
        await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
        await Parallel.ForEachAsync(
            users.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 10 },
            async (one, _) =>
            {
                Node refreshing = installation.Nodes[one.Index % 2];
                Node revoking = installation.Nodes[(one.Index + 1) % 2];
                await OneAsync(arena, findings, refreshing, revoking, one.Item);
            }
        );
        findings.Refreshes = users.Count;
        await new Judge(installation, findings).TrailIsWholeAsync();
    }

    private static async Task OneAsync(Arena arena, Findings findings, Node refreshing, Node revoking, string user)
    {
        Caller caller = new(findings);
        Ledger ledger = arena.Provider.Ledger;
        string slug = Habit.Strict.Slug();
        ConnectedAccount account = await revoking.Client.Accounts.GetAsync(slug, user);
        Gate gate = new();
        arena.Provider.Plan(user, new TokenFault { Gate = gate });
        Task<Answer>[] calls = [.. Enumerable.Range(0, 5).Select(_ => caller.WhoAsync(refreshing, Habit.Strict, user))];
        await ArrivedAsync(gate);
        await revoking.Client.Accounts.DisconnectAsync(account.Id);
        findings.Broke();
        gate.Open();
        Answer[] answers = await Task.WhenAll(calls);
        findings.Expect(!answers.Contains(Answer.Own), $"{user}: a call was answered after the revoke");
        findings.Expect(ledger.CallsOf(user) == 0, $"{user}: a call started after the acknowledged revoke");
        string newest = ledger.Find(Habit.Strict, user)!.NewestRefresh;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!ledger.IsRevoked(newest) && !limit.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
        }

        findings.Expect(
            ledger.IsRevoked(newest),
            $"{user}: the pair that came after the revoke lives on at the provider"
        );
        findings.Expect(
            await revoking.Client.Accounts.GetAsync(slug, user) is { Status: "DISCONNECTED" },
            $"{user}: not disconnected"
        );
    }
}
