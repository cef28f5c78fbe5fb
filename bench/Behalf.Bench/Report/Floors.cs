using System.Globalization;
using System.Text.Json;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Report;

/// <summary>
/// What a comparison must reach, in <c>bench/floors.json</c>. Ratios to what ran in the same minutes on the same machine;
/// what has no ratio (memory, the first answer) is said as it is.
/// </summary>
/// <param name="OfNginx">By <c>scenario/server</c>, the part of nginx's requests a second with 32 connections.</param>
/// <param name="KeptOfNginx">As <paramref name="OfNginx"/>, half or less of what committed runs had: what a quick run judges.</param>
/// <param name="AddedMilliseconds">What a call of one user may cost above YARP's median and one durable commit.</param>
/// <param name="TailFactor">Times YARP's 99th percentile and the commit's together.</param>
/// <param name="Patient">Scenarios whose latency with one connection is judged so.</param>
internal sealed record Floors(
    IReadOnlyDictionary<string, double> OfNginx,
    IReadOnlyDictionary<string, double> KeptOfNginx,
    double AddedMilliseconds,
    double TailFactor,
    IReadOnlyList<string> Patient,
    double ToolListMilliseconds,
    double IdleMegabytes,
    double LoadMegabytes,
    double StartSeconds
)
{
    private static readonly JsonSerializerOptions Snake = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static Floors Read(string file) => JsonSerializer.Deserialize<Floors>(File.ReadAllText(file), Snake)!;

    /// <summary>Of a run that is too short for more: that nothing fell far behind what was.</summary>
    /// <exception cref="StageException">A floor is of something that was not measured.</exception>
    public IReadOnlyList<Verdict> JudgeKept(Comparison comparison)
    {
        List<Verdict> verdicts = [.. Ratios(comparison, KeptOfNginx)];
        return verdicts.Count == KeptOfNginx.Count
            ? verdicts
            : throw new StageException($"{KeptOfNginx.Count} floors are kept, and {verdicts.Count} were measured.");
    }

    public IReadOnlyList<Verdict> Judge(Comparison comparison)
    {
        List<Verdict> verdicts = [.. Ratios(comparison, OfNginx)];
        Row yarp = comparison.Find("proxy", "yarp", 1);
        foreach (Row row in comparison.Rows.Where(r => r.Connections == 1 && Patient.Contains(r.Scenario)))
        {
            if (!comparison.Commits.TryGetValue(row.Server, out (Range P50, Range P99) commit))
            {
                continue; // the references themselves
            }

            string name = $"{row.Scenario}/{row.Server}";
            double median = yarp.P50.Median + AddedMilliseconds + commit.P50.Median;
            double tail = TailFactor * (yarp.P99.Median + commit.P99.Median);
            verdicts.Add(Verdict.AtMost($"{name}: p50 of one connection, ms", row.P50.Median, median, "0.00"));
            verdicts.Add(Verdict.AtMost($"{name}: p99 of one connection, ms", row.P99.Median, tail, "0.00"));
        }

        foreach (Row row in comparison.Rows.Where(r => r is { Connections: 1, Scenario: "mcp-list" }))
        {
            verdicts.Add(
                Verdict.AtMost(
                    $"mcp-list/{row.Server}: p50 of one connection, ms",
                    row.P50.Median,
                    ToolListMilliseconds,
                    "0.00"
                )
            );
        }

        foreach ((string server, double idle) in comparison.IdleMegabytes)
        {
            double load = comparison.Rows.Where(row => row.Server == server).Max(row => row.MemoryMegabytes);
            verdicts.Add(Verdict.AtMost($"{server}: resident when idle, MB", idle, IdleMegabytes, "0"));
            verdicts.Add(Verdict.AtMost($"{server}: resident under load, MB", load, LoadMegabytes, "0"));
        }

        foreach ((string server, Range start) in comparison.Starts)
        {
            verdicts.Add(Verdict.AtMost($"{server}: first answer after exec, s", start.Low, StartSeconds, "0.00"));
        }

        return verdicts;
    }

    private static IEnumerable<Verdict> Ratios(Comparison comparison, IReadOnlyDictionary<string, double> floors)
    {
        foreach ((string name, double floor) in floors.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            string[] parts = name.Split('/');
            if (Find(comparison, parts[0], parts[1], 32) is { } row)
            {
                yield return Verdict.AtLeast(
                    $"{name}: of nginx's requests a second",
                    row.OfNginx.Median,
                    floor,
                    "0.000"
                );
            }
        }
    }

    private static Row? Find(Comparison comparison, string scenario, string server, int connections) =>
        comparison.Rows.FirstOrDefault(row =>
            row.Scenario == scenario && row.Server == server && row.Connections == connections
        );
}

/// <summary>One floor or ceiling, and what was measured.</summary>
internal sealed record Verdict(string What, string Measured, string Limit, bool Holds)
{
    public static Verdict AtLeast(string what, double measured, double floor, string format) =>
        new(what, Text(measured, format), $"≥ {Text(floor, format)}", measured >= floor);

    public static Verdict AtMost(string what, double measured, double ceiling, string format) =>
        new(what, Text(measured, format), $"≤ {Text(ceiling, format)}", measured <= ceiling);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
