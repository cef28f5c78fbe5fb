using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using Behalf.Bench.Load;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench;

/// <summary><c>bench/run drive</c>: one course for as long as one wants, for a profiler to look at. Judges nothing but the answers.</summary>
internal static class DriveCommand
{
    public static Command Create()
    {
        Argument<string> course = new("course") { Description = "Such as proxy/sqlite." };
        Option<int> connections = new("--connections") { DefaultValueFactory = _ => 32 };
        Option<int> seconds = new("--seconds") { DefaultValueFactory = _ => 30 };
        Option<int> laps = new("--laps") { DefaultValueFactory = _ => 1, Description = "How often." };
        Command command = new("drive", "One course, for a profiler to look at.") { course, connections, seconds, laps };
        command.SetAction(parsed =>
            RunAsync(
                parsed.GetRequiredValue(course),
                parsed.GetValue(connections),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(laps)
            )
        );
        return command;
    }

    private static async Task<int> RunAsync(string name, int connections, TimeSpan length, int laps)
    {
        string folder = Directory.CreateTempSubdirectory("behalf-bench-").FullName;
        await Programs.RunAsync("chmod", "755", folder); // PostgreSQL runs as its own user
        try
        {
            await using Grounds grounds = await Grounds.StartAsync(folder);
            Course course =
                grounds.Courses.FirstOrDefault(c => c.Name == name)
                ?? throw new StageException(
                    $"There is no course {name}, but {string.Join(", ", grounds.Courses.Select(c => c.Name))}."
                );
            Lap lap = new(grounds.Upstream);
            await lap.RunAsync(course, 32, TimeSpan.FromSeconds(4));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"warm: process {course.Process.Id}"));
            BehalfServer? server = new[] { grounds.Sqlite, grounds.PostgreSql }.FirstOrDefault(s =>
                s.Name == course.Server
            );
            for (int i = 0; i < laps; i++)
            {
                double allocated = server is null ? 0 : await AllocatedAsync(server);
                Switches before = Switches.Of(course.Process.Id);
                Measurement one = await lap.RunAsync(course, connections, length);
                Switches switches = Switches.Of(course.Process.Id) - before;
                allocated = server is null ? 0 : await AllocatedAsync(server) - allocated;
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name}: {one.Seen.PerSecond:0} req/s, p50 {one.Seen.P50:0.00} ms, p99 {one.Seen.P99:0.00} ms, {one.CpuPerRequest:0} µs of processor time and {switches.Voluntary / (double)one.Seen.Answered:0.0} waits and {switches.Involuntary / (double)one.Seen.Answered:0.0} preemptions, {allocated / one.Seen.Answered / 1024:0.0} KB allocated a request, {one.Memory >> 20} MB"
                    )
                );
            }

            return 0;
        }
        catch (StageException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>Bytes since the server's start.</returns>
    private static async Task<double> AllocatedAsync(BehalfServer server)
    {
        using HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            (await File.ReadAllTextAsync(Path.Combine(server.Data, "metrics-token"))).Trim()
        );
        string metrics = await http.GetStringAsync(new Uri($"{server.Address}/metrics"));
        string line =
            metrics
                .Split('\n')
                .FirstOrDefault(l => l.StartsWith("dotnet_gc_heap_total_allocated", StringComparison.Ordinal))
            ?? throw new StageException("The server does not tell what it has allocated.");
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>How often the threads of a process gave the processor up, or had it taken (proc(5)).</summary>
    private readonly record struct Switches(long Voluntary, long Involuntary)
    {
        public static Switches Of(int process)
        {
            long Sum(string name) =>
                Directory
                    .EnumerateDirectories($"/proc/{process}/task")
                    .Select(task => Path.Combine(task, "status"))
                    .Where(File.Exists)
                    .SelectMany(File.ReadLines)
                    .Where(line => line.StartsWith(name, StringComparison.Ordinal))
                    .Sum(line => long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture));
            return new Switches(Sum("voluntary_ctxt_switches"), Sum("nonvoluntary_ctxt_switches"));
        }

        public static Switches operator -(Switches a, Switches b) =>
            new(a.Voluntary - b.Voluntary, a.Involuntary - b.Involuntary);
    }
}
