using Behalf.Recovery;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Commands.Doctor;

/// <summary>Schema, state and clock of the database, the keys in it, and whether it is the newest there was.</summary>
internal static class DatabaseChecks
{
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(5);

    /// <returns>The findings, and whether the rest of the database can be read.</returns>
    public static async Task<(IReadOnlyList<Finding> Findings, bool IsReadable)> OfAsync(
        OfflineServices offline,
        DataFolder folder,
        CancellationToken cancellationToken
    )
    {
        IDatabase database = offline.Get<IDatabase>();
        List<Finding> findings = [];
        try
        {
            SchemaStatus status = await database.CheckAsync(cancellationToken);
            if (!status.IsCurrent)
            {
                findings.Add(
                    Finding.Wrong(
                        status.Problem
                            ?? $"schema {status.Current} of {status.Latest}: behalf database migrate, or start the server"
                    )
                );
                return (findings, false);
            }

            findings.Add(Finding.Fine($"schema {status.Current} of {status.Latest}"));
            await database.OpenToReadAsync(cancellationToken);
            findings.AddRange(Of(await database.ExamineAsync(cancellationToken)));
            findings.Add(await KeysAsync(offline, cancellationToken));
            findings.Add(await NewestAsync(offline, folder, cancellationToken));
            return (findings, true);
        }
        catch (SchemaRefusedException failure)
        {
            findings.Add(Finding.Wrong($"database: {failure.Message}"));
            return (findings, false);
        }
        catch (StorageUnavailableException failure)
        {
            findings.Add(Finding.Wrong($"database: {failure.Message} {NextStep(failure.Fault)}"));
            return (findings, false);
        }
    }

    private static string NextStep(StorageFault fault) =>
        fault switch
        {
            StorageFault.Busy => "Ask again in a moment, and look who holds it.",
            StorageFault.Full => "Make room: all calls are refused meanwhile.",
            StorageFault.ReadOnly => "Give this user and machine the right to write, or name the primary.",
            StorageFault.Corrupt => "Put a backup back: behalf restore.",
            _ => "Start it, or correct its name, address or credentials.",
        };

    private static IEnumerable<Finding> Of(DatabaseHealth health)
    {
        yield return Finding.Fine(health.Product);
        foreach (string problem in health.Problems)
        {
            yield return Finding.Wrong(problem);
        }

        TimeSpan apart = (health.Now - TimeProvider.System.GetUtcNow()).Duration();
        yield return apart <= MostApart
            ? Finding.Fine("clock: this machine and the database agree")
            : Finding.Wrong(
                $"clock: this machine and the database are {apart.TotalSeconds:0} s apart; tokens and links end at wrong times: set up time synchronisation"
            );
    }

    private static async Task<Finding> KeysAsync(OfflineServices offline, CancellationToken cancellationToken)
    {
        IReadOnlyList<RingKey> keys = await offline.Get<IKeyRingStore>().ListAsync(cancellationToken);
        if (keys.Count == 0)
        {
            return Finding.Fine("key ring: none yet, the first start makes it");
        }

        try
        {
            await offline.Get<IVaultOpener>().OpenAsync(cancellationToken);
            return Finding.Fine(
                $"key ring: {keys.Count} keys, opened by {string.Join(", ", keys.Select(key => key.Wrapper).Distinct())}"
            );
        }
        catch (VaultSealedException failure)
        {
            return Finding.Wrong($"key ring: {keys.Count} keys, and they do not open. {failure.Message}");
        }
    }

    private static async Task<Finding> NewestAsync(
        OfflineServices offline,
        DataFolder folder,
        CancellationToken cancellationToken
    )
    {
        try
        {
            IRecovery recovery = offline.Get<IRecovery>();
            return
                WitnessFile.Read(folder) is { } witness
                && await recovery.ContradictionAsync(
                    witness,
                    await recovery.WitnessAsync(cancellationToken),
                    cancellationToken
                )
                    is { } contradiction
                ? Finding.Wrong(
                    $"this database is older than the one this node served: {contradiction}. If a backup was put back: behalf restore"
                )
                : Finding.Fine("the database holds all that this node saw of it");
        }
        catch (StartupException unreadable)
        {
            return Finding.Wrong(unreadable.Message);
        }
    }
}
