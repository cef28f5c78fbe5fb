using System.Text.Json;
using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

/// <summary>What nobody can undo is that a strict provider has given newer pairs since; all else must be as it was.</summary>
internal sealed class OldBackup : Scenario
{
    private const int PerKind = 4;

    public override string Name => "old-backup";

    public override string Rule =>
        "yesterday's backup is restored: no node serves it before that is accepted; then accounts untouched since work on, refreshed ones work where the provider allows it and else say that they must be connected again, a revoked one stays revoked by the ledger";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Installation installation = await arena.OwnAsync(Name);
        const string Database = "old_backup";
        IReadOnlyList<string> untouched = Users(PerKind, "untouched");
        IReadOnlyList<string> strict = Users(PerKind, "strict");
        IReadOnlyList<string> grace = Users(PerKind, "grace");
        IReadOnlyList<string> steady = Users(PerKind, "steady");
        string revoked = Users(1, "revoked")[0];
        await installation.AdmitAsync(Habit.Strict, [.. untouched, .. strict, revoked]);
        await installation.AdmitAsync(Habit.Grace, grace);
        await installation.AdmitAsync(Habit.Steady, steady);
        await Task.WhenAll(installation.Nodes.Select(node => node.StopAsync()));
        await arena.Cluster.CreateDatabaseAsync("yesterday", Database);

        await Task.WhenAll(installation.Nodes.Select(node => node.StartAsync()));
        Caller caller = new(findings);
        foreach ((Habit habit, IReadOnlyList<string> users) in Refreshed(strict, grace, steady))
        {
            await installation.LetTokensEndAsync(habit, users, isDue: false);
            foreach (string user in users)
            {
                await caller.WhoAsync(installation.First, habit, user);
            }
        }

        await RevokeAsync(arena, installation, revoked);
        string ledger = await ExportAsync(installation);
        await Task.WhenAll(installation.Nodes.Select(node => node.StopAsync()));
        await arena.Cluster.AdministerAsync($"DROP DATABASE {Database}");
        await arena.Cluster.AdministerAsync($"ALTER DATABASE yesterday RENAME TO {Database}");
        arena.Provider.Ledger.ForgetCalls([.. strict, .. grace, .. steady]);
        findings.Broke();
        foreach (Node node in installation.Nodes)
        {
            findings.Expect(
                await IsRefusedAsync(node),
                $"{node.Name} serves a database that is older than what it saw"
            );
        }

        await installation.First.AcceptRestoredAsync(ledger);
        await Task.WhenAll(installation.Nodes.Select(node => node.StartAsync()));
        foreach ((Habit habit, IReadOnlyList<string> users) in Refreshed(strict, grace, steady))
        {
            await installation.LetTokensEndAsync(habit, users, isDue: false);
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, untouched);
        await judge.NothingLostAsync(Habit.Grace, grace);
        await judge.NothingLostAsync(Habit.Steady, steady);
        foreach (string user in strict.Append(revoked))
        {
            await MustConnectAsync(installation, findings, user);
        }

        await judge.TrailIsWholeAsync();
    }

    private static async Task<bool> IsRefusedAsync(Node node)
    {
        try
        {
            await node.StartAsync();
            return false;
        }
        catch (StageException) when (!node.Runs)
        {
            return true;
        }
    }

    private static async Task<string> ExportAsync(Installation installation)
    {
        List<string> lines = [];
        await foreach (Revocation entry in installation.First.Client.Revocations.ListAsync())
        {
            lines.Add(
                JsonSerializer.Serialize(
                    new
                    {
                        environment_id = entry.EnvironmentId,
                        account_id = entry.AccountId,
                        generation = entry.Generation,
                    }
                )
            );
        }

        string file = Path.Combine(installation.Folder, "ledger.jsonl");
        await File.WriteAllLinesAsync(file, lines);
        return file;
    }

    private static (Habit, IReadOnlyList<string>)[] Refreshed(
        IReadOnlyList<string> strict,
        IReadOnlyList<string> grace,
        IReadOnlyList<string> steady
    ) => [(Habit.Strict, strict), (Habit.Grace, grace), (Habit.Steady, steady)];

    private static async Task RevokeAsync(Arena arena, Installation installation, string user)
    {
        ConnectedAccount account = await installation.First.Client.Accounts.GetAsync(Habit.Strict.Slug(), user);
        await installation.First.Client.Accounts.DisconnectAsync(account.Id);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!arena.Provider.Ledger.Find(Habit.Strict, user)!.IsRevoked)
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task MustConnectAsync(Installation installation, Findings findings, string user)
    {
        Caller caller = new(findings);
        Answer answer = await caller.UntilDefiniteAsync(
            installation.First,
            Habit.Strict,
            user,
            TimeSpan.FromSeconds(60)
        );
        ConnectedAccount account = await installation.First.Client.Accounts.GetAsync(Habit.Strict.Slug(), user);
        findings.Expect(
            answer == Answer.MustConnect && account is { IsActive: false, Reason.Length: > 0 },
            $"{user}: {account.Status} ({account.Reason}), a call says {answer}"
        );
        findings.IsStated();
    }
}
