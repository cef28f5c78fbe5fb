using Behalf.Bench.Load;

namespace Behalf.Bench.Report;

/// <summary>The middle of several rounds, with the lowest and the highest.</summary>
internal readonly record struct Range(double Median, double Low, double High)
{
    public static Range Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Range(median, sorted[0], sorted[^1]);
    }
}

/// <summary>A course with a number of connections over all rounds.</summary>
/// <param name="OfNginx">Requests a second as a part of nginx's in the same round with as many connections.</param>
/// <param name="OfYarp">Likewise of YARP's.</param>
internal sealed record Row(
    string Scenario,
    string Server,
    int Connections,
    Range PerSecond,
    Range P50,
    Range P99,
    Range CpuPerRequest,
    double MemoryMegabytes,
    Range OfNginx,
    Range OfYarp
);

/// <summary>One whole comparison.</summary>
/// <param name="Commits">By server, the median and 99th percentile of one durable commit, in milliseconds.</param>
/// <param name="Starts">By server, from exec to the first success of the readiness path, in seconds.</param>
/// <param name="IdleMegabytes">By server, resident before any load.</param>
internal sealed record Comparison(
    IReadOnlyList<Row> Rows,
    IReadOnlyDictionary<string, (Range P50, Range P99)> Commits,
    IReadOnlyDictionary<string, Range> Starts,
    IReadOnlyDictionary<string, double> IdleMegabytes
)
{
    public Row Find(string scenario, string server, int connections) =>
        Rows.First(row => row.Scenario == scenario && row.Server == server && row.Connections == connections);

    public static IReadOnlyList<Row> RowsOf(IReadOnlyList<IReadOnlyList<Measurement>> rounds) =>
        [
            .. rounds[0]
                .Select(first =>
                {
                    Measurement[] all =
                    [
                        .. rounds.Select(round =>
                            round.Single(m => m.Course == first.Course && m.Connections == first.Connections)
                        ),
                    ];
                    return new Row(
                        first.Course.Scenario,
                        first.Course.Server,
                        first.Connections,
                        Range.Of(all.Select(m => m.Seen.PerSecond)),
                        Range.Of(all.Select(m => m.Seen.P50)),
                        Range.Of(all.Select(m => m.Seen.P99)),
                        Range.Of(all.Select(m => m.CpuPerRequest)),
                        all.Max(m => m.Memory) / 1048576.0,
                        RatioTo("nginx", all, rounds),
                        RatioTo("yarp", all, rounds)
                    );
                }),
        ];

    private static Range RatioTo(
        string reference,
        Measurement[] all,
        IReadOnlyList<IReadOnlyList<Measurement>> rounds
    ) =>
        Range.Of(
            all.Select(
                (m, i) =>
                    m.Seen.PerSecond
                    / rounds[i]
                        .Single(r => r.Course.Server == reference && r.Connections == m.Connections)
                        .Seen.PerSecond
            )
        );
}
