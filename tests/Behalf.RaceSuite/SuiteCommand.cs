using System.Collections.Concurrent;
using System.CommandLine;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Scenarios;
using Behalf.RaceSuite.Soak;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite;

/// <summary><c>eng/race-suite</c>: plays the scenarios one after another, prints a table, and ends with 0 only when nothing was lost.</summary>
internal static class SuiteCommand
{
    private static readonly Scenario[] Scenarios =
    [
        new ParallelCalls(Ground.TwoNodes),
        new SlowEndpoint(),
        new LostReply(Ground.TwoNodes),
        new KilledAtEachStep(Ground.TwoNodes),
        new KilledAtRandom(),
        new PausedForAMoment(),
        new PausedPastItsLease(),
        new RevokedDuringRefresh(),
        new RevokedUnderCalls(),
        new ExpiringTogether(),
        new KeysRotate(),
        new DatabaseRestarts(),
        new DatabaseAwayAndKilled(),
        new DatabaseAwayPastTheLease(),
        new NetworkCut(),
        new Failover(),
        new DiskFull(Ground.TwoNodes),
        new ClockOff(),
        new OldBackup(),
        new ParallelCalls(Ground.Sqlite),
        new LostReply(Ground.Sqlite),
        new KilledAtEachStep(Ground.Sqlite),
        new DiskFull(Ground.Sqlite),
    ];

    public static RootCommand Create()
    {
        Option<bool> quick = new("--quick")
        {
            Description = "Fewer users and rounds, and times that can be scaled down are: what CI runs.",
        };
        Option<string[]> only = new("--only")
        {
            Description = "These scenarios only.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string?> soak = new("--soak")
        {
            Description =
                "Load with faults for this long, such as 20m or 90s; alone unless --quick or --only is given too.",
        };
        Option<int> lanes = new("--lanes")
        {
            Description = "How many scenarios are played side by side, each on servers and databases of its own.",
            DefaultValueFactory = _ => 1,
        };
        Option<int?> seed = new("--seed") { Description = "Of everything random; printed at each run." };
        Option<bool> keep = new("--keep") { Description = "Leave the folder with logs and databases." };
        Option<bool> list = new("--list") { Description = "Print the scenarios and their rules." };
        RootCommand command = new("Races and faults against real servers on a real database: what must not be lost.")
        {
            quick,
            only,
            soak,
            lanes,
            seed,
            keep,
            list,
        };
        command.SetAction(parsed =>
            parsed.GetValue(list)
                ? ListAsync()
                : RunAsync(
                    parsed.GetValue(quick),
                    parsed.GetRequiredValue(only),
                    parsed.GetValue(soak) is { } length ? Length(length) : null,
                    Math.Clamp(parsed.GetValue(lanes), 1, 4),
                    parsed.GetValue(seed) ?? Random.Shared.Next(),
                    parsed.GetValue(keep)
                )
        );
        return command;
    }

    private static Task<int> ListAsync()
    {
        foreach (Scenario scenario in Scenarios)
        {
            Console.WriteLine($"{scenario.Name, -20} {scenario.Rule}");
        }

        return Task.FromResult(0);
    }

    private static async Task<int> RunAsync(bool isQuick, string[] only, TimeSpan? soak, int lanes, int seed, bool keep)
    {
        string[] unknown = [.. only.Except(Scenarios.Select(scenario => scenario.Name), StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            await Console.Error.WriteLineAsync($"No scenario is called {string.Join(' ', unknown)}; see --list.");
            return 2;
        }

        bool soaksOnly = soak is not null && !isQuick && only.Length == 0;
        // The soak first: beside it, in another lane, the others are played.
        ConcurrentQueue<Scenario> waiting = new([
            .. soak is { } length ? [new Soaking(length)] : Array.Empty<Scenario>(),
            .. Scenarios.Where(scenario =>
                !soaksOnly && (only.Length == 0 || only.Contains(scenario.Name, StringComparer.Ordinal))
            ),
        ]);
        string folder = Directory.CreateTempSubdirectory("behalf-race-").FullName;
        OpenToDatabaseUser(folder);
        Console.WriteLine($"seed {seed}, logs in {folder}");
        Report report = new();
        await Task.WhenAll(
            Enumerable
                .Range(1, lanes)
                .Select(lane => PlayAsync(waiting, report, Path.Combine(folder, $"lane-{lane}"), isQuick, seed))
        );
        bool holds = await report.FinishAsync();
        if (holds && !keep)
        {
            Directory.Delete(folder, recursive: true);
        }

        return holds ? 0 : 1;
    }

    /// <summary>Plays what waits, one after another, until nothing does.</summary>
    private static async Task PlayAsync(
        ConcurrentQueue<Scenario> waiting,
        Report report,
        string folder,
        bool isQuick,
        int seed
    )
    {
        Directory.CreateDirectory(folder);
        OpenToDatabaseUser(folder);
        await using RotatingProvider provider = await RotatingProvider.StartAsync();
        await using Arena arena = new(folder, provider, isQuick, seed);
        while (waiting.TryDequeue(out Scenario? scenario))
        {
            await report.PlayAsync(scenario, arena);
        }
    }

    /// <exception cref="ArgumentException">It is no length of time.</exception>
    private static TimeSpan Length(string text) =>
        text is [.., 'm' or 's'] && int.TryParse(text[..^1], out int number) && number > 0
            ? text[^1] == 'm'
                ? TimeSpan.FromMinutes(number)
                : TimeSpan.FromSeconds(number)
            : throw new ArgumentException($"--soak: \"{text}\" is no length of time, such as 20m or 90s.");

    private static void OpenToDatabaseUser(string folder)
    {
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_001_001);
        }
    }
}
