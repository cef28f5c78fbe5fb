using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Behalf.Bench.Filling;
using Behalf.Bench.Load;
using Behalf.Bench.Report;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Growth;

/// <summary><c>bench/run growth</c>: the same questions to small and large installations in turn.</summary>
internal static class GrowthCommand
{
    /// <value>PostgreSQL's memory for pages in megabytes, as for a database of gigabytes.</value>
    private const int Buffers = 2_048;

    private static readonly int[] Usual = [1_000, 100_000, 1_000_000];
    private static readonly string[] Needed = ["nginx", "wrk"];

    public static Command Create()
    {
        Option<int[]> sizes = new("--sizes")
        {
            Description = "Connected accounts of each installation, the smallest first.",
            DefaultValueFactory = _ => Usual,
            CustomParser = result =>
                [
                    .. result
                        .Tokens.SelectMany(t => t.Value.Split(','))
                        .Select(n => int.Parse(n, CultureInfo.InvariantCulture)),
                ],
        };
        Option<string[]> on = new("--on")
        {
            Description = "sqlite, postgresql, or both.",
            DefaultValueFactory = _ => ["sqlite", "postgresql"],
            AllowMultipleArgumentsPerToken = true,
        };
        on.AcceptOnlyFromAmong("sqlite", "postgresql");
        Option<int> records = new("--records")
        {
            Description = "Audit records for each account.",
            DefaultValueFactory = _ => 10,
        };
        Option<int> rounds = new("--rounds") { DefaultValueFactory = _ => 3 };
        Option<int> seconds = new("--seconds") { DefaultValueFactory = _ => 2 };
        Option<string?> script = new("--script")
        {
            Description = "SQL that is run on filled PostgreSQL databases, such as docs/partitions.sql.",
        };
        Option<bool> save = new("--save") { Description = $"Write table and plot into {ResultFile.Folder}." };
        Option<string?> folder = new("--folder") { Description = "Where the databases are put; a new one by default." };
        Command command = new("growth", "Latency, memory, disk and start against the number of accounts.")
        {
            sizes,
            on,
            records,
            rounds,
            seconds,
            script,
            save,
            folder,
        };
        command.SetAction(parsed =>
            Runs.InFolderAsync(
                Needed,
                parsed.GetValue(folder),
                at =>
                    RunAsync(
                        at,
                        [.. parsed.GetRequiredValue(sizes).Order().Select(n => Size.Of(n, parsed.GetValue(records)))],
                        parsed.GetRequiredValue(on),
                        parsed.GetValue(rounds),
                        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                        parsed.GetValue(script),
                        parsed.GetValue(save)
                    )
            )
        );
        return command;
    }

    private static async Task<IReadOnlyList<Verdict>> RunAsync(
        string folder,
        Size[] sizes,
        string[] engines,
        int rounds,
        TimeSpan length,
        string? script,
        bool save
    )
    {
        await using Nginx upstream = await Nginx.UpstreamAsync(Path.Combine(folder, "upstream"), Grounds.AnswerText);
        Found all = new([], []);
        foreach (string engine in engines)
        {
            all = Found.Both(all, await MeasureAsync(folder, engine, sizes, rounds, length, upstream, script));
        }

        IReadOnlyList<Verdict> verdicts = GrowthFloors.Judge(all);
        Terms terms = Terms.Here(TimeProvider.System, rounds, (int)length.TotalSeconds);
        string text = GrowthReport.Text(all, verdicts, terms);
        Console.WriteLine(text);
        if (save)
        {
            await ResultFile.WriteAsync(terms, "growth", text, GrowthReport.Plot(all));
        }

        return verdicts;
    }

    private static async Task<Found> MeasureAsync(
        string folder,
        string engine,
        Size[] sizes,
        int rounds,
        TimeSpan length,
        Nginx upstream,
        string? script
    )
    {
        await using PostgreSqlCluster? cluster =
            engine == "postgresql"
                ? await PostgreSqlCluster.StartAsync(Path.Combine(folder, "cluster"), buffers: Buffers)
                : null;
        List<Stand> stands = [];
        try
        {
            List<TimeSpan> fills = [];
            List<TimeSpan> migrations = [];
            foreach (Size size in sizes)
            {
                long began = Stopwatch.GetTimestamp();
                stands.Add(await Stand.BuildAsync(folder, size, upstream, cluster, script));
                fills.Add(Stopwatch.GetElapsedTime(began));
                migrations.Add(await OldSchema.MigrateAsync(stands[^1]));
                await SayAsync(
                    $"{stands[^1].Server.Name} filled in {fills[^1].TotalSeconds:0} s: {stands[^1].Bytes / 1e6:0} MB; migrated in {migrations[^1].TotalSeconds:0.0} s"
                );
            }

            IReadOnlyList<List<double>> starts = await StartsAsync(stands, rounds);
            double[] idleMemory = [.. stands.Select(stand => stand.Server.Process.Memory() / 1048576.0)];
            IReadOnlyList<IReadOnlyList<IReadOnlyList<Measurement>>> measured = await RoundsAsync(
                stands,
                rounds,
                length,
                new Lap(upstream)
            );
            double[] idleCpu = await IdleAsync(stands);
            return new Found(
                Found.RowsOf(engine, sizes, measured),
                [
                    .. stands.Select(
                        (stand, i) =>
                            new GrowthCost(
                                engine,
                                stand.Size,
                                fills[i],
                                stand.Bytes,
                                idleMemory[i],
                                measured.SelectMany(round => round[i]).Max(m => m.Memory) / 1048576.0,
                                Report.Range.Of(starts[i]),
                                idleCpu[i],
                                migrations[i]
                            )
                    ),
                ]
            );
        }
        finally
        {
            foreach (Stand stand in stands)
            {
                await stand.DisposeAsync();
            }
        }
    }

    /// <returns>Seconds by size, of each round; afterwards all run.</returns>
    private static async Task<IReadOnlyList<List<double>>> StartsAsync(IReadOnlyList<Stand> stands, int rounds)
    {
        List<double>[] starts = [.. stands.Select(_ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < stands.Count; i++)
            {
                starts[i].Add((await stands[i].StartAsync()).TotalSeconds);
                if (round < rounds - 1)
                {
                    await stands[i].Server.StopAsync();
                }
            }
        }

        return starts;
    }

    private static async Task<IReadOnlyList<IReadOnlyList<IReadOnlyList<Measurement>>>> RoundsAsync(
        IReadOnlyList<Stand> stands,
        int rounds,
        TimeSpan length,
        Lap lap
    )
    {
        List<IReadOnlyList<IReadOnlyList<Measurement>>> measured = [];
        for (int round = 0; round <= rounds; round++) // the first warms up and is not kept
        {
            List<Measurement>[] bySize = [.. stands.Select(_ => new List<Measurement>())];
            for (int course = 0; course < stands[0].Courses.Count; course++)
            {
                foreach (int connections in (int[])[1, 32])
                {
                    for (int i = 0; i < stands.Count; i++)
                    {
                        Course one = stands[i].Courses[course];
                        if (connections == 1 || one.Generator is Wrk)
                        {
                            bySize[i].Add(await lap.RunAsync(one, connections, length));
                            Seen seen = bySize[i][^1].Seen;
                            await SayAsync(
                                $"round {round}, {connections, 2} connections: {one.Name, -32} {seen.PerSecond, 7:0} req/s  p50 {seen.P50:0.00} ms  p99 {seen.P99:0.00} ms"
                            );
                        }
                    }
                }
            }

            if (round > 0)
            {
                measured.Add(bySize);
            }
        }

        return measured;
    }

    private static async Task<double[]> IdleAsync(IReadOnlyList<Stand> stands)
    {
        TimeSpan[] before = [.. stands.Select(stand => stand.Server.Process.Cpu())];
        long began = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(65), TimeProvider.System); // each minute's turn is in it once at least
        double minutes = Stopwatch.GetElapsedTime(began).TotalMinutes;
        return [.. stands.Select((stand, i) => (stand.Server.Process.Cpu() - before[i]).TotalMilliseconds / minutes)];
    }

    private static Task SayAsync(FormattableString line) =>
        Console.Error.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));
}
