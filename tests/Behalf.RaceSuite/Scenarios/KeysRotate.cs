using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class KeysRotate : Scenario
{
    private static readonly string[] Kinds = ["data", "token_signing", "audit_signing"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public override string Name => "keys-rotate";

    public override string Rule =>
        "every key of the ring is rotated while users call and tokens refresh: no call fails, nothing lost";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(arena.IsQuick ? 40 : 400);
        await installation.AdmitAsync(Habit.Strict, users);
        using BehalfClient admin = installation.Operator();
        await using (
            Load load = new(installation, findings, [.. users.Select(user => (Habit.Strict, user))], callers: 4)
        )
        {
            foreach (string kind in Kinds)
            {
                await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
                RingKey next = await admin.Keys.RotateAsync(kind);
                findings.Broke();
                await ActiveAsync(admin, next);
            }

            await load.EndAsync();
            findings.Expect(load.NotAnswered == 0, $"{load.NotAnswered} calls were not answered");
            load.Judge(arena.Provider.Ledger, findings);
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        await judge.TrailIsWholeAsync();
    }

    private static async Task ActiveAsync(BehalfClient admin, RingKey next)
    {
        using CancellationTokenSource limit = new(Patience, TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        while ((await admin.Keys.ListAsync()).Single(key => key.Id == next.Id).State != "active")
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new StageException($"the new {next.Kind} key is not active after {Patience}");
            }
        }
    }
}
