using System.CommandLine;
using Behalf.Server.Hosting;
using Behalf.Storage.Sqlite;

namespace Behalf.Server.Commands;

/// <summary><c>behalf backup</c>: the database of a data folder as it is at one moment, also while it is served.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<string> file = new("--out") { Description = "The file to make; it must not exist.", Required = true };
        Option<bool> json = Answer.Json();
        Command command = new("backup", "Copy the database, also while it is served. The root key is not in it.")
        {
            data,
            database,
            file,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    CommonOptions.Chosen(parsed, data, database),
                    parsed.GetRequiredValue(file),
                    new Answer(parsed, json),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        DatabaseChoice database,
        string file,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        if (database.IsPostgreSql)
        {
            throw new StartupException(
                "PostgreSQL has its own: pg_dump --format=custom, or base backups with archived logs. After putting one back: behalf restore --database …"
            );
        }

        await using OfflineServices offline = OfflineServices.Open(database);
        try
        {
            await offline.Get<SqliteDatabase>().BackUpAsync(file, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The backup cannot be written: {failure.Message}", failure);
        }

        string path = Path.GetFullPath(file);
        await answer.GiveAsync(
            $"Backup written to {path} ({new FileInfo(path).Length} bytes), checked. It cannot be opened without the root key, which is not in it.",
            new { File = path, Bytes = new FileInfo(path).Length }
        );
        return ExitCodes.Ok;
    }
}
