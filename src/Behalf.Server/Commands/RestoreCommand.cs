using System.CommandLine;
using Behalf.Recovery;
using Behalf.Server.Hosting;
using Behalf.Storage.Sqlite;
using Behalf.Vault;

namespace Behalf.Server.Commands;

/// <summary><c>behalf restore</c>: says that the database is an older one, and makes it safe to serve.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        Argument<string?> backup = new("backup")
        {
            Description = "A file of `behalf backup`. Without it: the database that is there was put back already.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<string?> rootKey = CommonOptions.RootKey();
        Option<string?> ledger = new("--ledger")
        {
            Description = "A file of `behalf revocation export`: what was revoked stays revoked.",
        };
        Option<bool> json = Answer.Json();
        Command command = new("restore", "Put a backup back, or accept one that was; no server may run meanwhile.")
        {
            backup,
            data,
            database,
            rootKey,
            ledger,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    CommonOptions.Chosen(parsed, data, database, rootKey),
                    parsed.GetValue(backup),
                    parsed.GetValue(ledger),
                    new Answer(parsed, json),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        DatabaseChoice database,
        string? backup,
        string? ledger,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        // Everything that can be wrong with what was given is found before anything is changed.
        IReadOnlyList<LedgerLine> lines = ledger is null ? [] : await LedgerLine.ReadAsync(ledger, cancellationToken);
        string? kept = null;
        if (backup is not null)
        {
            kept = await PutBackAsync(database, backup, cancellationToken);
        }

        await using OfflineServices offline = OfflineServices.Open(database);
        await offline.OpenDatabaseAsync(cancellationToken);
        if (ledger is not null)
        {
            await offline.Get<IVaultOpener>().OpenAsync(cancellationToken);
        }

        IRecovery recovery = offline.Get<IRecovery>();
        // First: until it is accepted no node serves the database, so that nobody who was revoked is connected for a moment.
        int stopped = await recovery.ApplyAsync(
            lines.Select(line => (line.Environment, line.Account, line.Generation)).ToAsyncEnumerable(),
            cancellationToken
        );
        RestorationEffect effect = await recovery.AcceptAsync(cancellationToken);
        WitnessFile.Write(database.Folder, await recovery.WitnessAsync(cancellationToken));
        await answer.GiveAsync(
            Text(effect, ledger, lines.Count, stopped, kept),
            new
            {
                Flagged = effect.Accounts,
                SignedOut = effect.Users,
                Clients = effect.Clients,
                StoppedAgain = stopped,
                Kept = kept,
            }
        );
        return ExitCodes.Ok;
    }

    private static async Task<string?> PutBackAsync(
        DatabaseChoice database,
        string backup,
        CancellationToken cancellationToken
    )
    {
        if (database.IsPostgreSql)
        {
            throw new StartupException(
                "Put PostgreSQL's backup back with its own tools first, then: behalf restore --database … without a file."
            );
        }

        if (!File.Exists(backup))
        {
            throw new StartupException($"{backup} does not exist.");
        }

        DataFolder.MakeFolder(database.Folder.Root);
        await using OfflineServices offline = OfflineServices.Make(database);
        try
        {
            return await offline.Get<SqliteDatabase>().ReplaceAsync(backup, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The backup cannot be put in place: {failure.Message}", failure);
        }
    }

    private static string Text(RestorationEffect effect, string? ledger, int lines, int stopped, string? kept)
    {
        List<string> text =
        [
            $"Accepted as restored. {effect.Accounts} accounts may hold tokens that were replaced since: each is tried once when it must be, and says so if it has to connect anew.",
            $"Tokens and sessions of {effect.Users} users and the access tokens of {effect.Clients} clients ended. Clients that were removed, and secrets that were replaced since the backup, are there again: behalf client list",
            ledger is null
                ? "No ledger was given: whoever was revoked since the backup is connected again. If there is an export: behalf restore --ledger FILE"
                : $"Of {lines} revocations in the ledger, {stopped} were not in the backup and hold again.",
        ];
        if (kept is not null)
        {
            text.Add($"The database that was there: {kept}");
        }

        return string.Join(Environment.NewLine, text);
    }
}
