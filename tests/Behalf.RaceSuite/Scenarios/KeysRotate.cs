using System.Data.Common;
using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;
using Behalf.Vault;
using RingKey = Behalf.Client.RingKey;

namespace Behalf.RaceSuite.Scenarios;

internal sealed class KeysRotate : Scenario
{
    private static readonly string[] Kinds = ["data", "token_signing", "audit_signing"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public override string Name => "keys-rotate";

    public override string Rule =>
        "every key of the ring and then the root key is rotated while users call and tokens refresh: no call fails, nothing lost";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        await using Installation installation = await arena.OwnAsync(Name);
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

            await installation.LetTokensEndAsync(Habit.Strict, users, isDue: false);
            await ChangeRootKeyAsync(installation, load);
            findings.Broke();
            await load.EndAsync();
            findings.Expect(load.NotAnswered == 0, $"{load.NotAnswered} calls were not answered");
            load.Judge(arena.Provider.Ledger, findings);
        }

        Judge judge = new(installation, findings);
        await judge.NothingLostAsync(Habit.Strict, users);
        await judge.TrailIsWholeAsync();
    }

    private static Task ActiveAsync(BehalfClient admin, RingKey next) =>
        UntilAsync(
            async () => (await admin.Keys.ListAsync()).Single(key => key.Id == next.Id).State == "active",
            $"the new {next.Kind} key is not active"
        );

    /// <summary>As the handbook says: every node with the new one and the old one beside it, then without the old one.</summary>
    private static async Task ChangeRootKeyAsync(Installation installation, Load load)
    {
        string old = installation.RootKey;
        HashSet<string> before = await WrappedKeysAsync(installation);
        installation.RootKey = Path.Combine(installation.Folder, "next-root.key");
        RootKeyFile.Create(installation.RootKey);
        installation.FurtherRootKeys = [old];
        await RestartOneByOneAsync(installation, load);
        await UntilAsync(
            async () => !(await WrappedKeysAsync(installation)).Overlaps(before),
            "the old root key still wraps keys of the ring"
        );
        File.Delete(old);
        installation.FurtherRootKeys = [];
        await RestartOneByOneAsync(installation, load);
    }

    private static async Task RestartOneByOneAsync(Installation installation, Load load)
    {
        foreach (Node node in installation.Nodes)
        {
            load.Avoid(node);
            await node.StopAsync();
            await node.StartAsync();
            load.Avoid(null);
        }
    }

    private static async Task<HashSet<string>> WrappedKeysAsync(Installation installation)
    {
        HashSet<string> wrapped = new(StringComparer.Ordinal);
        await using DbConnection connection = await installation.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = "SELECT wrapped_key FROM key_ring";
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            wrapped.Add(Convert.ToHexString(reader.GetFieldValue<byte[]>(0)));
        }

        return wrapped;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        using CancellationTokenSource limit = new(Patience, TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        while (!await holds())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new StageException($"{otherwise} after {Patience}");
            }
        }
    }
}
