using System.Diagnostics;

namespace Behalf.TestPostgreSql;

/// <summary>Where the machine has PostgreSQL's server programs, and how they are run.</summary>
internal static class PostgreSqlPrograms
{
    private const string OtherUser = "postgres";

    /// <returns>Null: there is no PostgreSQL here.</returns>
    public static string? Find() => Folders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));

    /// <summary>The server refuses to run as root; then it runs as the user that its package made.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = Environment.IsPrivilegedProcess
            ? new("runuser", ["-u", OtherUser, "--", program, .. arguments])
            : new(program, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        using Process process =
            Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{Path.GetFileName(program)} ended with {process.ExitCode}: {await output}{await error}"
            );
        }
    }

    /// <summary>The server and its programs belong to their user; a folder of root's would be unreadable to it.</summary>
    public static async Task<string> MakeFolderAsync()
    {
        string folder = Directory.CreateTempSubdirectory("behalf-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            using Process process = Process.Start("chown", [OtherUser, folder]);
            await process.WaitForExitAsync();
        }

        return folder;
    }

    private static IEnumerable<string> Folders()
    {
        const string Debian = "/usr/lib/postgresql";
        IEnumerable<string> versions = Directory.Exists(Debian)
            ? Directory.EnumerateDirectories(Debian).OrderDescending(StringComparer.Ordinal)
            : [];
        return
        [
            .. versions.Select(version => Path.Combine(version, "bin")),
            .. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator),
        ];
    }
}
