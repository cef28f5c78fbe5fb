using System.Globalization;
using System.Text;
using Behalf.Bench.Report;

namespace Behalf.Bench.Growth;

/// <summary>What was found as a table and as a plot.</summary>
internal static class GrowthReport
{
    public static string Text(Found found, IReadOnlyList<Verdict> verdicts, Terms terms)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"# Growth of {terms.Day:yyyy-MM-dd}, commit {terms.Commit}");
        Line($"");
        Line($"{terms.Machine}. {terms.Versions}.");
        Line(
            $"{terms.Rounds} rounds of {terms.Seconds} s for each line, small and large in turn; the median, and the lowest and highest in brackets. Upstream, load generator, server and database share the machine. Growth: the round's p50 as a multiple of that at the smallest size. A call is of one of all users, drawn anew each time, on one of their 20 accounts; the heavy user has as many accounts as stands below."
        );
        Line($"");
        Line(
            $"| Engine | Accounts | Heavy user | Connections | Environments | Audit records | Database | Filled in | Start | Migration | Idle | Under load | Idle CPU |"
        );
        Line($"|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (GrowthCost cost in found.Costs)
        {
            Line(
                $"| {cost.Engine} | {cost.Size.Accounts:N0} | {cost.Size.Heavy:N0} | {cost.Size.Connections:N0} | {cost.Size.Environments:N0} | {cost.Size.Records:N0} | {cost.Bytes / 1e6:N0} MB | {cost.Fill.TotalSeconds:0} s | {cost.Start.Median:0.00} s ({cost.Start.Low:0.00}–{cost.Start.High:0.00}) | {cost.Migration.TotalSeconds:0.0} s | {cost.IdleMegabytes:0} MB | {cost.LoadMegabytes:0} MB | {cost.IdleCpu:0} ms/min |"
            );
        }

        Line($"");
        Line(
            $"| Scenario | Engine | Accounts | Connections | req/s | p50 ms | p99 ms | CPU µs/req | Growth | of CPU |"
        );
        Line($"|---|---|---|---|---|---|---|---|---|---|");
        foreach (GrowthRow row in found.Rows)
        {
            Line(
                $"| {row.Scenario} | {row.Engine} | {row.Size.Accounts:N0} | {row.Connections} | {row.PerSecond.Median:0} | {row.P50.Median:0.00} ({row.P50.Low:0.00}–{row.P50.High:0.00}) | {row.P99.Median:0.00} | {row.CpuPerRequest.Median:0} | {row.Growth.Median:0.00} ({row.Growth.Low:0.00}–{row.Growth.High:0.00}) | {row.CpuGrowth.Median:0.00} |"
            );
        }

        Line($"");
        text.Append(ResultFile.Table(verdicts));
        return text.ToString();
    }

    public static string Plot(Found found)
    {
        string[] engines = [.. found.Costs.Select(cost => cost.Engine).Distinct()];
        return Chart.Of(
            [
                .. engines.Select(engine => new Panel(
                    $"p50 of one caller on {engine}, ms",
                    [
                        .. found
                            .Rows.Where(row =>
                                row is { Connections: 1 }
                                && row.Engine == engine
                                && (Scenarios.Calls.Contains(row.Scenario) || Scenarios.Others.Contains(row.Scenario))
                            )
                            .GroupBy(row => row.Scenario)
                            .Select(line => new Line(
                                line.Key,
                                [.. line.Select(row => ((double)row.Size.Accounts, row.P50.Median))]
                            )),
                    ]
                )),
                new Panel("First answer after exec, s", By(cost => cost.Start.Median)),
                new Panel("Resident under load, MB", By(cost => cost.LoadMegabytes)),
                new Panel("Database, GB", By(cost => cost.Bytes / 1e9)),
                new Panel("Migration from the first schema, s", By(cost => cost.Migration.TotalSeconds)),
            ],
            "accounts"
        );

        IReadOnlyList<Line> By(Func<GrowthCost, double> value) =>
            [
                .. engines.Select(engine => new Line(
                    engine,
                    [
                        .. found
                            .Costs.Where(cost => cost.Engine == engine)
                            .Select(cost => ((double)cost.Size.Accounts, value(cost))),
                    ]
                )),
            ];
    }
}
