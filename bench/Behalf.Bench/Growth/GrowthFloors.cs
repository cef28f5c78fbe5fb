using System.Globalization;
using Behalf.Bench.Report;

namespace Behalf.Bench.Growth;

/// <summary>What growth may cost: medians of one caller as multiples of those at the smallest size, round by round.</summary>
internal static class GrowthFloors
{
    /// <value>A call's median, whatever the size.</value>
    private const double CallFactor = 1.2;

    /// <value>What the machine's noise may add to the logarithm.</value>
    private const double Noise = 1.2;

    public static IReadOnlyList<Verdict> Judge(Found found)
    {
        List<Verdict> verdicts = [];
        foreach (GrowthRow row in found.Rows.Where(row => row.Connections == 1))
        {
            int smallest = found.Rows.Where(r => r.Engine == row.Engine).Min(r => r.Size.Accounts);
            if (row.Size.Accounts == smallest)
            {
                continue;
            }

            double limit =
                Scenarios.Calls.Contains(row.Scenario) ? CallFactor
                : Scenarios.Others.Contains(row.Scenario) ? Noise * Math.Log(row.Size.Accounts) / Math.Log(smallest)
                : double.PositiveInfinity; // a user with so many accounts is another user, not the same at another size
            if (double.IsFinite(limit))
            {
                verdicts.Add(
                    Verdict.AtMost(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{row.Scenario}/{row.Engine}, {row.Size.Accounts:N0} accounts: p50 as a multiple of that at {smallest:N0}"
                        ),
                        row.Growth.Median,
                        limit,
                        "0.00"
                    )
                );
            }
        }

        return verdicts;
    }
}
