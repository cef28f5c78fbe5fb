using System.CommandLine;
using Behalf.Audit;
using Behalf.Server.Hosting;
using Behalf.Storage.Copying;
using Behalf.Storage.PostgreSql.Copying;
using Behalf.Storage.Sqlite;
using Behalf.Storage.Sqlite.Copying;

namespace Behalf.Server.Commands;

/// <summary><c>behalf database copy</c>: moves an installation from SQLite to PostgreSQL.</summary>
internal static class DatabaseCopyCommand
{
    public static Command Create()
    {
        Option<string> from = new("--from")
        {
            Description = "The data folder of the installation that is moved; nothing may serve it meanwhile.",
            Required = true,
        };
        Option<string> to = new("--to")
        {
            Description = "An empty PostgreSQL, as \"Host=…;Database=…\".",
            Required = true,
        };
        Option<bool> json = Answer.Json();
        Command command = new(
            "copy",
            "Move an installation from SQLite to PostgreSQL; broken off, run it again. Every row is compared."
        )
        {
            from,
            to,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    new DataFolder(parsed.GetRequiredValue(from)),
                    parsed.GetRequiredValue(to),
                    new Answer(parsed, json),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        DataFolder folder,
        string to,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        RequireStored(folder);
        await using OfflineServices offline = OfflineServices.Open(new DatabaseChoice(folder, null, null));

        // As at a start: migrated, leases and open calls of the last process ended, and nobody else gets in.
        await offline.OpenDatabaseAsync(cancellationToken);
        await offline.Get<IAuditStore>().CompleteAbandonedAsync(cancellationToken);

        await using PostgreSqlCopyTarget target = new(to);
        try
        {
            IReadOnlyList<CopiedRows> copied = await new DatabaseCopy(
                new SqliteCopySource(offline.Get<SqliteDatabase>()),
                target
            ).RunAsync(_ => { }, cancellationToken);
            await answer.GiveAsync(Text(copied, folder), copied);
            return ExitCodes.Ok;
        }
        catch (CopyFailedException failure)
        {
            throw new StartupException(failure.Message, failure);
        }
    }

    /// <summary>Tokens in the spool belong to the accounts that are moved, and only a start of the server stores them.</summary>
    private static void RequireStored(DataFolder folder)
    {
        int waiting = Directory.Exists(folder.Spool) ? Directory.GetFiles(folder.Spool, "*.pair").Length : 0;
        if (waiting > 0)
        {
            throw new StartupException(
                $"{folder.Spool} holds {waiting} tokens that were received and not stored yet. Start the server once on its folder (behalf serve --data {folder.Root}), stop it, and copy then. A file that does not open (event 2234) can be deleted."
            );
        }
    }

    private static string Text(IReadOnlyList<CopiedRows> copied, DataFolder folder) =>
        string.Join(
            Environment.NewLine,
            [
                .. copied
                    .Where(table => table.Rows > 0)
                    .Select(table => $"{table.Table, -24} {table.Rows, 12} rows, compared"),
                $"{copied.Sum(table => table.Rows)} rows are the same on both sides. Serve it with this installation's root key:",
                $"  behalf serve --data DIR --database \"Host=…\" --root-key {folder.RootKey} --public-url …",
                "The folder's database stays as it was; serve only one of the two.",
            ]
        );
}
