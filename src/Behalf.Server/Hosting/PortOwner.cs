using System.Globalization;

namespace Behalf.Server.Hosting;

/// <summary>Which process listens on a port, as far as this system tells (Linux, processes of the same user).</summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    public static int? Find(int port)
    {
        try
        {
            string[] tables = [.. new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists)];
            HashSet<string> sockets =
            [
                .. tables.SelectMany(File.ReadLines).Skip(1).Select(l => Inode(l, port)).OfType<string>(),
            ];
            return sockets.Count == 0
                ? null
                : Directory
                    .EnumerateDirectories("/proc")
                    .Select(d => Holder(d, sockets))
                    .FirstOrDefault(id => id is not null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // the message goes without the process
        }
    }

    private static string? Inode(string line, int port)
    {
        string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return columns.Length > 9 && columns[3] == Listening && columns[1].EndsWith(suffix, StringComparison.Ordinal)
            ? $"socket:[{columns[9]}]"
            : null;
    }

    private static int? Holder(string folder, HashSet<string> sockets)
    {
        if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
        {
            return null;
        }

        try
        {
            return Directory
                .EnumerateFiles(Path.Combine(folder, "fd"))
                .Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target))
                ? process
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // another user's process, or one that just ended
        }
    }
}
