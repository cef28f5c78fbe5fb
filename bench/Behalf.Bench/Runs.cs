using Behalf.Bench.Report;
using Behalf.Client;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench;

/// <summary>What every measurement has around it: what it needs, a folder of its own, the last line, the exit code.</summary>
internal static class Runs
{
    /// <param name="needed">Programs beside PostgreSQL.</param>
    /// <param name="given">Where everything is put; null: a new folder. Removed afterwards.</param>
    public static async Task<int> InFolderAsync(
        IReadOnlyList<string> needed,
        string? given,
        Func<string, Task<IReadOnlyList<Verdict>>> run
    )
    {
        string[] missing = [.. needed.Where(program => !Programs.Has(program))];
        if (missing.Length > 0 || Programs.PostgreSql() is null)
        {
            await Console.Error.WriteLineAsync(
                $"Missing here: {string.Join(", ", Programs.PostgreSql() is null ? [.. missing, "PostgreSQL"] : missing)}. "
                    + "Debian has them as nginx-light, wrk, nghttp2-client and postgresql."
            );
            return 2;
        }

        string folder = given is null
            ? Directory.CreateTempSubdirectory("behalf-bench-").FullName
            : Directory.CreateDirectory(Path.Combine(given, "behalf-bench")).FullName;
        await Programs.RunAsync("chmod", "755", folder); // PostgreSQL runs as its own user
        try
        {
            IReadOnlyList<Verdict> verdicts = await run(folder);
            int missed = verdicts.Count(verdict => !verdict.Holds);
            Console.WriteLine($"{verdicts.Count - missed} passed, {missed} failed, 0 skipped");
            return missed == 0 ? 0 : 1;
        }
        catch (Exception exception) when (exception is StageException or BehalfException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
