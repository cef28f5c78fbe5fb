using Behalf.Bench.Filling;
using Behalf.Bench.Load;

namespace Behalf.Bench.Growth;

/// <summary>One scenario at one size over all rounds.</summary>
/// <param name="Growth">The median of the rounds' p50 as a multiple of that at the smallest size in the same round.</param>
/// <param name="CpuGrowth">Likewise of the processor time of a request, which a busy machine disturbs less.</param>
internal sealed record GrowthRow(
    string Scenario,
    int Connections,
    string Engine,
    Size Size,
    Report.Range PerSecond,
    Report.Range P50,
    Report.Range P99,
    Report.Range CpuPerRequest,
    Report.Range Growth,
    Report.Range CpuGrowth
);

/// <summary>What one installation takes, apart from its answers.</summary>
/// <param name="Fill">How long it took to fill.</param>
/// <param name="IdleCpu">Milliseconds of processor time the server takes in a minute without calls; the database's apart.</param>
/// <param name="Migration">From the first schema to the newest with every account in place.</param>
internal sealed record GrowthCost(
    string Engine,
    Size Size,
    TimeSpan Fill,
    long Bytes,
    double IdleMegabytes,
    double LoadMegabytes,
    Report.Range Start,
    double IdleCpu,
    TimeSpan Migration
);

/// <summary>All that was found.</summary>
internal sealed record Found(IReadOnlyList<GrowthRow> Rows, IReadOnlyList<GrowthCost> Costs)
{
    public static Found Both(Found one, Found other) =>
        new([.. one.Rows, .. other.Rows], [.. one.Costs, .. other.Costs]);

    /// <param name="measured">By round, by size.</param>
    public static IReadOnlyList<GrowthRow> RowsOf(
        string engine,
        IReadOnlyList<Size> sizes,
        IReadOnlyList<IReadOnlyList<IReadOnlyList<Measurement>>> measured
    )
    {
        List<GrowthRow> rows = [];
        foreach (Measurement like in measured[0][0])
        {
            for (int size = 0; size < sizes.Count; size++)
            {
                (Measurement One, Measurement Smallest)[] rounds =
                [
                    .. measured.Select(round => (Same(round[size], like), Same(round[0], like))),
                ];
                rows.Add(
                    new GrowthRow(
                        like.Course.Scenario,
                        like.Connections,
                        engine,
                        sizes[size],
                        Report.Range.Of(rounds.Select(r => r.One.Seen.PerSecond)),
                        Report.Range.Of(rounds.Select(r => r.One.Seen.P50)),
                        Report.Range.Of(rounds.Select(r => r.One.Seen.P99)),
                        Report.Range.Of(rounds.Select(r => r.One.CpuPerRequest)),
                        Report.Range.Of(rounds.Select(r => r.One.Seen.P50 / r.Smallest.Seen.P50)),
                        Report.Range.Of(rounds.Select(r => r.One.CpuPerRequest / r.Smallest.CpuPerRequest))
                    )
                );
            }
        }

        return rows;
    }

    private static Measurement Same(IReadOnlyList<Measurement> all, Measurement like) =>
        all.Single(one => one.Course.Scenario == like.Course.Scenario && one.Connections == like.Connections);
}
