using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.RaceSuite.Scenarios;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Judgement;

/// <summary>
/// The table at the end, the same as JSON under <c>artifacts/race-suite</c>, and the verdict. Scenarios may be played side
/// by side.
/// </summary>
internal sealed class Report
{
    private readonly Lock _lock = new();
    private readonly List<(string Name, string Rule, Findings Findings, TimeSpan Took)> _rows = [];

    public async Task PlayAsync(Scenario scenario, Arena arena)
    {
        Findings findings = new();
        long began = Stopwatch.GetTimestamp();
        Console.WriteLine($"{scenario.Name}: {scenario.Rule}");
        if (scenario.Missing is { } missing)
        {
            findings.Skipped = missing;
        }
        else
        {
            await TryAsync(() => scenario.PlayAsync(arena, findings), findings);
        }

        Add(scenario.Name, scenario.Rule, findings, Stopwatch.GetElapsedTime(began));
    }

    private void Add(string name, string rule, Findings findings, TimeSpan took)
    {
        string verdict = findings.Skipped ?? (findings.Losses.Count == 0 ? "holds" : $"{findings.Losses.Count} LOST");
        lock (_lock)
        {
            _rows.Add((name, rule, findings, took));
            Console.WriteLine($"  {name} {verdict} ({took.TotalSeconds:0} s) {findings.Remark}");
            WriteLosses(findings);
            if (findings.Losses.Count > 0)
            {
                foreach ((string why, int times) in findings.Refusals)
                {
                    Console.WriteLine($"    not answered {times} times: {why}");
                }
            }
        }
    }

    private static void WriteLosses(Findings findings)
    {
        foreach (string loss in findings.Losses.Take(10))
        {
            Console.WriteLine($"    {loss}");
        }
    }

    /// <returns>True: every rule held and nothing was skipped.</returns>
    public async Task<bool> FinishAsync()
    {
        Console.WriteLine();
        Console.WriteLine(
            $"{"scenario", -20} {"calls", 7} {"refreshes", 9} {"faults", 6} {"stated", 6} {"lost", 5} {"s", 5}"
        );
        foreach ((string name, _, Findings findings, TimeSpan took) in _rows)
        {
            Console.WriteLine(
                $"{name, -20} {findings.Calls, 7} {findings.Refreshes, 9} {findings.Faults, 6} {findings.Stated, 6} "
                    + $"{(findings.Skipped is null ? findings.Losses.Count : "-"), 5} {took.TotalSeconds, 5:0}"
            );
        }

        await WriteAsync();
        int skipped = _rows.Count(row => row.Findings.Skipped is not null);
        int failed = _rows.Count(row => row.Findings.Losses.Count > 0);
        foreach ((string name, _, Findings findings, _) in _rows.Where(row => row.Findings.Skipped is not null))
        {
            Console.WriteLine($"skipped: {name}: {findings.Skipped}");
        }

        foreach ((string name, _, Findings findings, _) in _rows.Where(row => row.Findings.Losses.Count > 0))
        {
            Console.WriteLine($"lost in {name}:"); // once more: the end of a long output is what is read
            WriteLosses(findings);
        }

        Console.WriteLine($"lost: {_rows.Sum(row => row.Findings.Losses.Count)}");
        Console.WriteLine($"{_rows.Count - failed - skipped} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && skipped == 0;
    }

    public static async Task TryAsync(Func<Task> play, Findings findings)
    {
        try
        {
            await play();
        }
#pragma warning disable CA1031 // a broken scenario is a failed one; the others are played all the same
        catch (Exception exception)
#pragma warning restore CA1031
        {
            findings.Lost($"the scenario broke off: {exception}");
        }
    }

    private async Task WriteAsync()
    {
        JsonArray rows = [];
        foreach ((string name, string rule, Findings findings, TimeSpan took) in _rows)
        {
            rows.Add(
                new JsonObject
                {
                    ["scenario"] = name,
                    ["rule"] = rule,
                    ["calls"] = findings.Calls,
                    ["refreshes"] = findings.Refreshes,
                    ["faults"] = findings.Faults,
                    ["stated"] = findings.Stated,
                    ["skipped"] = findings.Skipped,
                    ["remark"] = findings.Remark,
                    ["seconds"] = Math.Round(took.TotalSeconds, 1),
                    ["lost"] = new JsonArray([.. findings.Losses.Select(loss => (JsonNode)loss)]),
                }
            );
        }

        // artifacts/bin/<project>/<configuration>/
        string folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "race-suite"));
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "result.json"),
            rows.ToJsonString(new JsonSerializerOptions(JsonSerializerOptions.Web) { WriteIndented = true })
        );
    }
}
