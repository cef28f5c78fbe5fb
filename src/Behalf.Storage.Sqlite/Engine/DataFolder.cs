namespace Behalf.Storage.Sqlite.Engine;

/// <summary>The folder of the database: private to its owner, and served by one process at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private DataFolder(FileStream @lock) => _lock = @lock;

    /// <summary>Creates folder and file where they are missing and takes the lock; the system frees it when the process ends.</summary>
    /// <exception cref="StorageUnavailableException">Another process serves the folder, or it cannot be written.</exception>
    public static DataFolder Take(string databasePath)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(databasePath))!;
        try
        {
            CreatePrivate(folder);
            FileStream @lock = OpenExclusively(folder, databasePath + ".lock");
            try
            {
                // SQLite gives its log and index files the mode of the database file.
                using FileStream database = Open(databasePath, FileShare.ReadWrite);
                MakePrivate(databasePath);
                return new DataFolder(@lock);
            }
            catch
            {
                @lock.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageUnavailableException(
                StorageFault.ReadOnly,
                $"The data folder {folder} is not writable.",
                e
            );
        }
        catch (IOException e)
        {
            throw new StorageUnavailableException(
                StorageFault.Io,
                $"The data folder {folder} cannot be used: {e.Message}",
                e
            );
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream OpenExclusively(string folder, string path)
    {
        try
        {
            return Open(path, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new StorageUnavailableException(
                StorageFault.Busy,
                $"Another Behalf process is using the data folder {folder}: stop it first, or give this one a folder of its own.",
                e
            );
        }
    }

    /// <summary>A file that was copied here may be readable by others.</summary>
    private static void MakePrivate(string path)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != FileMode)
        {
            File.SetUnixFileMode(path, FileMode);
        }
    }

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, FolderMode);
        }
    }

    private static FileStream Open(string path, FileShare share)
    {
        FileStreamOptions options = new()
        {
            Mode = System.IO.FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        return new FileStream(path, options);
    }
}
