using System.Diagnostics;

namespace Behalf.RaceSuite.Stage;

/// <summary>Runs other programs to their end, and finds PostgreSQL's.</summary>
internal static class Programs
{
    public const string DatabaseUser = "postgres";

    /// <returns>The folder with <c>initdb</c>; null: there is no PostgreSQL here.</returns>
    public static string? PostgreSql()
    {
        const string Debian = "/usr/lib/postgresql";
        IEnumerable<string> folders = Directory.Exists(Debian)
            ? Directory
                .EnumerateDirectories(Debian)
                .OrderDescending(StringComparer.Ordinal)
                .Select(version => Path.Combine(version, "bin"))
            : [];
        return folders
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    /// <returns>The library that shifts a process's clock when it is loaded first; null: it is not here.</returns>
    public static string? FakeTime() =>
        Directory
            .EnumerateDirectories("/usr/lib")
            .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1"))
            .FirstOrDefault(File.Exists);

    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>PostgreSQL refuses to run as root; then as the user that its package made.</summary>
    public static Task RunAsDatabaseUserAsync(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", DatabaseUser, "--", program, .. arguments])
            : RunAsync(program, arguments);

    public static Task GiveToDatabaseUserAsync(string folder) =>
        Environment.IsPrivilegedProcess ? RunAsync("chown", "-R", DatabaseUser, folder) : Task.CompletedTask;

    /// <exception cref="StageException">It did not end with 0; the message holds what it said.</exception>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        using Process process = Process.Start(start) ?? throw new StageException($"{program} does not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new StageException(
                $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await error}"
            );
        }
    }
}

/// <summary>The suite's own stage failed, not what stands on it.</summary>
internal sealed class StageException(string message) : Exception(message);
