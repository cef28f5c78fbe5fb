using System.CommandLine;
using System.Globalization;
using Behalf.Bench.Load;
using Behalf.Bench.Report;
using Behalf.Bench.Stage;
using Behalf.Client;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench;

/// <summary><c>bench/run</c>: every server in turn, round by round, judged by the floors.</summary>
internal static class CompareCommand
{
    private const string FloorsFile = "bench/floors.json";

    private static readonly string[] QuickScenarios = ["proxy", "execute-rest", "mcp-list"];
    private static readonly string[] Needed = ["nginx", "wrk", "h2load"];

    /// <summary>Before the memory of a server at rest is read: what its connections pin is read after the start.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        Option<bool> quick = new("--quick")
        {
            Description = "The three scenarios that matter most, one second each, against half of what saved runs had.",
        };
        Option<int?> rounds = new("--rounds") { Description = "How often each is measured; at least 3." };
        Option<int?> seconds = new("--seconds") { Description = "How long each measurement is." };
        Option<string[]> only = new("--only")
        {
            Description = "These scenarios only.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> save = new("--save") { Description = $"Write the result into {ResultFile.Folder}." };
        Option<bool> keep = new("--keep") { Description = "Leave the folder with logs and databases." };
        Command command = new("compare", "Behalf beside nginx and YARP in one run.")
        {
            quick,
            rounds,
            seconds,
            only,
            save,
            keep,
        };
        command.SetAction(parsed =>
            RunAsync(
                parsed.GetRequiredValue(only) is { Length: > 0 } named ? named
                    : parsed.GetValue(quick) ? QuickScenarios
                    : null,
                parsed.GetValue(rounds) ?? 3,
                parsed.GetValue(seconds) ?? (parsed.GetValue(quick) ? 1 : 4),
                isQuick: parsed.GetValue(quick),
                parsed.GetValue(save),
                parsed.GetValue(keep)
            )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        string[]? scenarios,
        int rounds,
        int seconds,
        bool isQuick,
        bool save,
        bool keep
    )
    {
        string[] missing = [.. Needed.Where(program => !Programs.Has(program))];
        if (missing.Length > 0 || Programs.PostgreSql() is null)
        {
            await Console.Error.WriteLineAsync(
                $"Missing here: {string.Join(", ", Programs.PostgreSql() is null ? [.. missing, "PostgreSQL"] : missing)}. "
                    + "Debian has them as nginx-light, wrk, nghttp2-client and postgresql."
            );
            return 2;
        }

        string folder = Directory.CreateTempSubdirectory("behalf-bench-").FullName;
        await Programs.RunAsync("chmod", "755", folder); // PostgreSQL runs as its own user
        try
        {
            Comparison comparison = await CompareAsync(folder, scenarios, rounds, TimeSpan.FromSeconds(seconds));
            Floors floors = Floors.Read(FloorsFile);
            IReadOnlyList<Verdict> verdicts = isQuick ? floors.JudgeKept(comparison) : floors.Judge(comparison);
            Terms terms = Terms.Here(TimeProvider.System, rounds, seconds);
            string text = ResultFile.Text(comparison, verdicts, terms);
            Console.WriteLine(text);
            if (save)
            {
                await ResultFile.WriteAsync(terms, null, text);
            }

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
            if (keep)
            {
                Console.WriteLine($"Left in {folder}");
            }
            else
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task<Comparison> CompareAsync(string folder, string[]? scenarios, int rounds, TimeSpan length)
    {
        await using Grounds grounds = await Grounds.StartAsync(folder);
        if (scenarios?.FirstOrDefault(named => grounds.Courses.All(c => c.Scenario != named)) is { } unknown)
        {
            throw new StageException(
                $"There is no scenario {unknown}, but {string.Join(", ", grounds.Courses.Select(c => c.Scenario).Distinct())}."
            );
        }

        BehalfServer[] servers = [grounds.Sqlite, grounds.PostgreSql];
        await Task.Delay(Settling, TimeProvider.System);
        Dictionary<string, double> idle = new(StringComparer.Ordinal);
        foreach (BehalfServer server in servers)
        {
            idle[server.Name] = server.Process.Memory() / 1048576.0;
        }

        Course[] courses =
        [
            .. grounds.Courses.Where(c =>
                scenarios is null || c.Server is "nginx" or "yarp" || scenarios.Contains(c.Scenario)
            ),
        ];
        Lap lap = new(grounds.Upstream);
        foreach (Course course in courses)
        {
            await Console.Error.WriteLineAsync($"warming up {course.Name}");
            await lap.RunAsync(course, 32, TimeSpan.FromSeconds(2));
        }

        List<IReadOnlyList<Measurement>> all = [];
        List<(double P50, double P99)> sqlite = [];
        List<(double P50, double P99)> postgreSql = [];
        for (int round = 1; round <= rounds; round++)
        {
            sqlite.Add(await AuditCommit.SqliteAsync(folder));
            postgreSql.Add(await AuditCommit.PostgreSqlAsync(grounds.Cluster.ConnectionString));
            List<Measurement> measured = [];
            foreach (int connections in (int[])[1, 32])
            {
                foreach (Course course in courses)
                {
                    Measurement one = await lap.RunAsync(course, connections, length);
                    measured.Add(one);
                    await Console.Error.WriteLineAsync(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"round {round}, {connections, 2} connections: {course.Name, -24} {one.Seen.PerSecond, 7:0} req/s  p50 {one.Seen.P50:0.00} ms  p99 {one.Seen.P99:0.00} ms"
                        )
                    );
                }
            }

            all.Add(measured);
        }

        Dictionary<string, Report.Range> starts = new(StringComparer.Ordinal);
        foreach (BehalfServer server in servers)
        {
            List<double> times = [];
            for (int i = 0; i < rounds; i++)
            {
                await server.StopAsync();
                times.Add((await server.StartAsync()).TotalSeconds);
            }

            starts[server.Name] = Report.Range.Of(times);
        }

        return new Comparison(
            Comparison.RowsOf(all),
            new Dictionary<string, (Report.Range, Report.Range)>(StringComparer.Ordinal)
            {
                [grounds.Sqlite.Name] = Ranges(sqlite),
                [grounds.PostgreSql.Name] = Ranges(postgreSql),
            },
            starts,
            idle
        );
    }

    private static (Report.Range P50, Report.Range P99) Ranges(List<(double P50, double P99)> rounds) =>
        (Report.Range.Of(rounds.Select(one => one.P50)), Report.Range.Of(rounds.Select(one => one.P99)));
}
