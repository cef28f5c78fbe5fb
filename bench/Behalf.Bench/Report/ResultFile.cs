using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Behalf.Bench.Report;

/// <summary>A comparison as Markdown: what it ran on, one table, and the floors.</summary>
internal static class ResultFile
{
    /// <value>From the repository's root.</value>
    public const string Folder = "bench/results";

    public static string Text(Comparison comparison, IReadOnlyList<Verdict> verdicts, Terms terms)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"# Comparison of {terms.Day:yyyy-MM-dd}, commit {terms.Commit}");
        Line($"");
        Line($"{terms.Machine}. {terms.Versions}.");
        Line(
            $"{terms.Rounds} rounds of {terms.Seconds} s for each line in turn; the median, and the lowest and highest in brackets. Upstream, load generator and servers share the machine."
        );
        Line($"");
        Line($"| Scenario | Server | Connections | req/s | p50 ms | p99 ms | CPU µs/req | MB | of nginx | of YARP |");
        Line($"|---|---|---|---|---|---|---|---|---|---|");
        foreach (
            Row row in comparison
                .Rows.OrderBy(row => row.Connections)
                .ThenBy(row => row.Scenario != "proxy")
                .ThenBy(row => row.Scenario, StringComparer.Ordinal)
        )
        {
            Line(
                $"| {row.Scenario} | {row.Server} | {row.Connections} | {row.PerSecond.Median:0} ({row.PerSecond.Low:0}–{row.PerSecond.High:0}) | {row.P50.Median:0.00} | {row.P99.Median:0.00} | {row.CpuPerRequest.Median:0} | {row.MemoryMegabytes:0} | {row.OfNginx.Median:0.0 %} | {row.OfYarp.Median:0.0 %} |"
            );
        }

        Line($"");
        foreach ((string server, (Range p50, Range p99)) in comparison.Commits)
        {
            Line(
                $"One durable commit of a small row, by itself, on {server}: p50 {p50.Median:0.00} ms ({p50.Low:0.00}–{p50.High:0.00}), p99 {p99.Median:0.00} ms."
            );
        }

        Line($"");
        text.Append(Table(verdicts));
        return text.ToString();
    }

    public static string Table(IReadOnlyList<Verdict> verdicts)
    {
        StringBuilder text = new();
        text.AppendLine("| Floor | Measured | Limit | |").AppendLine("|---|---|---|---|");
        foreach (Verdict verdict in verdicts)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {verdict.What} | {verdict.Measured} | {verdict.Limit} | {(verdict.Holds ? "holds" : "**missed**")} |"
            );
        }

        return text.ToString();
    }

    /// <summary>Writes a result where the others are, named by day, kind and commit.</summary>
    /// <param name="kind">Null: a comparison.</param>
    /// <param name="plot">An SVG; null: none.</param>
    public static async Task WriteAsync(Terms terms, string? kind, string text, string? plot = null)
    {
        string name = string.Join(
            '-',
            new[]
            {
                terms.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                kind,
                terms.Commit.Split(' ')[0],
            }.Where(part => part is not null)
        );
        string file = Path.Combine(Folder, $"{name}.md");
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(file, plot is null ? text : $"{text}\n![Plot]({name}.svg)\n");
        if (plot is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, $"{name}.svg"), plot);
        }

        Console.WriteLine($"Written to {file}");
    }
}

/// <summary>What a comparison ran on.</summary>
internal sealed record Terms(
    DateTimeOffset Day,
    string Commit,
    string Machine,
    string Versions,
    int Rounds,
    int Seconds
)
{
    public static Terms Here(TimeProvider time, int rounds, int seconds)
    {
        string model =
            File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        long kilobytes = long.Parse(
            File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );
        string machine = string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores ({model}), {kilobytes / 1048576.0:0} GiB, {RuntimeInformation.OSDescription}"
        );
        string versions = string.Join(
            ", ",
            RuntimeInformation.FrameworkDescription,
            First("nginx", "-v"),
            First("wrk", "-v"),
            First("h2load", "--version"),
            First("psql", "--version")
        );
        string commit = First("git", "rev-parse", "--short", "HEAD");
        bool isChanged = First("git", "status", "--porcelain", "src", "connectors").Length > 0;
        return new Terms(
            time.GetUtcNow(),
            isChanged ? $"{commit} with changes" : commit,
            machine,
            versions,
            rounds,
            seconds
        );
    }

    private static string First(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n')[0].Split("  ")[0].Split(" [")[0].Trim();
    }
}
