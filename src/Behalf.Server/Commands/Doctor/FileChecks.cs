using Behalf.Server.Hosting;

namespace Behalf.Server.Commands.Doctor;

/// <summary>The data folder: what is there, who may read it, how much room is left.</summary>
internal static class FileChecks
{
    private const long LeastFree = 512L * 1024 * 1024;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    public static IEnumerable<Finding> Of(DatabaseChoice database, string connectors)
    {
        DataFolder folder = database.Folder;
        if (!Directory.Exists(folder.Root))
        {
            yield return Finding.Wrong($"{folder.Root} does not exist: behalf serve --data {folder.Root} makes it");
        }
        else
        {
            yield return Private(folder.Root);
            yield return Room(folder.Root);
        }

        foreach (
            string file in new[]
            {
                folder.Database,
                database.RootKeyFile,
                folder.OperatorFile,
                folder.CredentialsFile,
                folder.MetricsTokenFile,
                folder.TrailFile,
            }.Where(File.Exists)
        )
        {
            yield return Private(file);
        }

        if (
            database is { IsPostgreSql: false, RootKeyName: null }
            && File.Exists(folder.RootKey) != File.Exists(folder.Database)
        )
        {
            yield return Finding.Wrong(
                $"root key and database must both be there: {folder.RootKey}, {folder.Database}"
            );
        }

        yield return Directory.Exists(connectors)
            ? Finding.Fine(
                $"connectors: {string.Join(", ", Directory.EnumerateDirectories(connectors).Select(Path.GetFileName).Order())}"
            )
            : Finding.Wrong($"no connectors folder at {connectors}: name it with --connectors");
    }

    private static Finding Private(string path) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == UnixFileMode.None
            ? Finding.Fine(path)
            : Finding.Wrong($"{path} is open to others: chmod go= '{path}'");

    private static Finding Room(string folder)
    {
        long free = new DriveInfo(folder).AvailableFreeSpace;
        string text = $"room left where {folder} is: {free / (1024 * 1024)} MB";
        return free >= LeastFree
            ? Finding.Fine(text)
            : Finding.Wrong($"{text}; without room nothing can be recorded and all calls are refused");
    }
}
