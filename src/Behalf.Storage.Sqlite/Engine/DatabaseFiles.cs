using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>Copies of the database file: made, checked and put in place.</summary>
internal static class DatabaseFiles
{
    private const string Whole = "ok";

    private static readonly string[] s_companions = ["", "-wal", "-shm"];

    public static bool BackUp(SqliteConnection source, string file)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(file, options).Dispose();
        try
        {
            using (SqliteConnection copy = Open(file, SqliteOpenMode.ReadWrite))
            {
                source.BackupDatabase(copy);
                copy.Execute("PRAGMA journal_mode = DELETE"); // one file, without companions
                RequireWhole(copy);
            }

            using FileStream written = new(file, FileMode.Open, FileAccess.ReadWrite);
            written.Flush(flushToDisk: true);
            return true;
        }
        catch
        {
            File.Delete(file);
            throw;
        }
    }

    /// <exception cref="StorageUnavailableException">It is damaged.</exception>
    public static void RequireWhole(SqliteConnection connection)
    {
        string? first = connection.QueryFirstOrDefault<string>("PRAGMA integrity_check(1)");
        if (first != Whole)
        {
            throw new StorageUnavailableException(StorageFault.Corrupt, $"The file is damaged: {first}");
        }
    }

    /// <returns>Where the database that was there is now.</returns>
    public static string? Replace(string path, string backup, DateTimeOffset now)
    {
        string arriving = $"{path}.arriving";
        File.Copy(backup, arriving, overwrite: true);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(arriving, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using (FileStream copy = new(arriving, FileMode.Open, FileAccess.ReadWrite))
        {
            copy.Flush(flushToDisk: true);
        }

        string? kept = null;
        if (new FileInfo(path) is { Exists: true, Length: > 0 })
        {
            kept = $"{path}.before-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";
            foreach (string companion in s_companions.Where(companion => File.Exists(path + companion)))
            {
                File.Move(path + companion, kept + companion, overwrite: false);
            }
        }

        File.Move(arriving, path, overwrite: true); // of what taking the folder made
        return kept;
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = file,
                Mode = mode,
                Pooling = false,
            }.ToString()
        );
        connection.Open();
        return connection;
    }
}
