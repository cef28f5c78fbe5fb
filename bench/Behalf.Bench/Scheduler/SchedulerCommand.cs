using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Behalf.Bench.Filling;
using Behalf.Bench.Report;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;
using Npgsql;

namespace Behalf.Bench.Scheduler;

/// <summary><c>bench/run scheduler</c>: accounts with one-hour tokens come due, on one node and on two.</summary>
internal static class SchedulerCommand
{
    /// <value>How long the oldest due account may wait, in seconds; its token still lives five minutes then.</value>
    private const double MayWait = 30;

    /// <value>PostgreSQL's memory for pages in megabytes.</value>
    private const int Buffers = 1_024;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string[] Needed = ["nginx"];

    public static Command Create()
    {
        Option<int> accounts = new("--accounts")
        {
            Description = "Connected accounts with one-hour tokens.",
            DefaultValueFactory = _ => 1_000_000,
        };
        Option<int> seconds = new("--seconds")
        {
            Description = "How long they come due at their rate.",
            DefaultValueFactory = _ => 120,
        };
        Option<string?> script = new("--script")
        {
            Description = "SQL that is run on the filled database, such as docs/partitions.sql.",
        };
        Option<bool> save = new("--save") { Description = $"Write the result into {ResultFile.Folder}." };
        Command command = new("scheduler", "Refreshing a million accounts ahead of their end, on PostgreSQL.")
        {
            accounts,
            seconds,
            script,
            save,
        };
        command.SetAction(parsed =>
            Runs.InFolderAsync(
                Needed,
                given: null,
                folder =>
                    RunAsync(
                        folder,
                        parsed.GetValue(accounts),
                        parsed.GetValue(seconds),
                        parsed.GetValue(script),
                        parsed.GetValue(save)
                    )
            )
        );
        return command;
    }

    private static async Task<IReadOnlyList<Verdict>> RunAsync(
        string folder,
        int accounts,
        int seconds,
        string? script,
        bool save
    )
    {
        await using Nginx upstream = await Nginx.UpstreamAsync(Path.Combine(folder, "upstream"), Grounds.AnswerText);
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            Path.Combine(folder, "postgresql"),
            buffers: Buffers
        );
        await using BehalfServer first = new(
            "first",
            Path.Combine(folder, "first"),
            cluster.ConnectionString,
            upstream
        );
        await using BehalfServer second = new(
            "second",
            Path.Combine(folder, "second"),
            cluster.ConnectionString,
            upstream
        );
        await first.StartAsync();
        await first.FurnishAsync();
        await first.StopAsync();
        await FilledDatabase.FillAsync(first, Size.Of(accounts, recordsPerAccount: 0));
        if (script is not null)
        {
            await PostgreSqlBulk.RunScriptAsync(first.Database, script);
        }

        File.Copy(first.RootKey, second.RootKey);
        await using NpgsqlConnection connection = new($"{cluster.ConnectionString};Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        Terms terms = Terms.Here(TimeProvider.System, 1, seconds);
        Ground ground = new(cluster, upstream, new DueAccounts(connection));
        int rate = Math.Max(1, accounts / 3_600);
        TimeSpan length = TimeSpan.FromSeconds(seconds);

        List<Refreshed> all = [];
        await first.StartAsync();
        all.Add(await MeasureAsync(ground, $"one node, {rate} a second", [first], rate * seconds, length));
        all.Add(await MeasureAsync(ground, "one node, all at once", [first], rate * seconds / 2, TimeSpan.Zero));
        await second.StartAsync();
        all.Add(await MeasureAsync(ground, $"two nodes, {rate} a second", [first, second], rate * seconds, length));
        all.Add(
            await MeasureAsync(ground, "two nodes, all at once", [first, second], rate * seconds / 2, TimeSpan.Zero)
        );

        string text = SchedulerReport.Text(accounts, all, Judge(all), terms);
        Console.WriteLine(text);
        if (save)
        {
            await ResultFile.WriteAsync(terms, "scheduler", text);
        }

        return Judge(all);
    }

    private static List<Verdict> Judge(List<Refreshed> all) =>
        [
            .. all.Select(one =>
                Verdict.AtMost(
                    $"{one.Name}: token requests beyond one for each account",
                    one.Requests - one.Accounts,
                    0,
                    "0"
                )
            ),
            .. all.Select(one => Verdict.AtMost($"{one.Name}: accounts left due", one.Left, 0, "0")),
            .. all.Where(one => one.Planned > TimeSpan.Zero)
                .Select(one => Verdict.AtMost($"{one.Name}: the oldest waited, s", one.Oldest, MayWait, "0.0")),
        ];

    private static async Task<Refreshed> MeasureAsync(
        Ground ground,
        string name,
        IReadOnlyList<BehalfServer> nodes,
        int accounts,
        TimeSpan length
    )
    {
        using HttpClient client = new();
        await ground.Due.PlanAsync(accounts, length);
        (long commits, long log) = await ground.Due.WorkAsync();
        long requests = await ground.Upstream.RequestsAsync(client);
        TimeSpan[] cpu = [.. nodes.Select(node => node.Process.Cpu())];
        TimeSpan database = ServerProcess.CpuOfFamily(ground.Cluster.ProcessId);
        List<(long Waiting, double Oldest)> looks = [];
        long began = Stopwatch.GetTimestamp();
        long look = 0;
        TimeSpan ended;
        do
        {
            await Task.Delay(Second, TimeProvider.System);
            looks.Add(await ground.Due.LookAsync());
            look++;
            ended = Stopwatch.GetElapsedTime(began);
            if (look % 10 == 0)
            {
                await Console.Error.WriteLineAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name}, {ended.TotalSeconds:0} s: {looks[^1].Waiting} wait, the oldest for {looks[^1].Oldest:0.0} s"
                    )
                );
            }
        } while (
            (ended < length + TimeSpan.FromSeconds(3) || looks[^1].Waiting > 0)
            && ended < length + TimeSpan.FromMinutes(5)
        );

        (long commitsAfter, long logAfter) = await ground.Due.WorkAsync();
        long asked = await ground.Upstream.RequestsAsync(client) - requests - 1;
        return new Refreshed(
            name,
            accounts,
            length,
            asked,
            ended,
            looks.Max(l => l.Oldest),
            looks[^1].Waiting,
            [.. nodes.Select((node, i) => node.Process.Cpu() - cpu[i])],
            ServerProcess.CpuOfFamily(ground.Cluster.ProcessId) - database,
            commitsAfter - commits,
            logAfter - log
        );
    }

    private sealed record Ground(PostgreSqlCluster Cluster, Nginx Upstream, DueAccounts Due);
}

/// <summary>What came of accounts that came due.</summary>
/// <param name="Planned">Over what time they came due; nought: all at once.</param>
/// <param name="Requests">To the provider's token endpoint.</param>
/// <param name="Took">Until none was left.</param>
/// <param name="Oldest">The longest that a due account was seen to wait, in seconds.</param>
/// <param name="Left">Still due at the end.</param>
internal sealed record Refreshed(
    string Name,
    int Accounts,
    TimeSpan Planned,
    long Requests,
    TimeSpan Took,
    double Oldest,
    long Left,
    IReadOnlyList<TimeSpan> Nodes,
    TimeSpan Database,
    long Commits,
    long Log
);

file static class SchedulerReport
{
    public static string Text(int accounts, List<Refreshed> all, List<Verdict> verdicts, Terms terms)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"# Refresh scheduler at {accounts:N0} accounts, {terms.Day:yyyy-MM-dd}, commit {terms.Commit}");
        Line($"");
        Line($"{terms.Machine}. {terms.Versions}. Provider, nodes and PostgreSQL share the machine.");
        Line($"");
        Line(
            $"| | Due | Token requests | Refreshes/s | Oldest waited | Left | Node CPU per refresh | Database CPU per refresh | Commits | Log |"
        );
        Line($"|---|---|---|---|---|---|---|---|---|---|");
        foreach (Refreshed one in all)
        {
            double count = Math.Max(1, one.Requests);
            Line(
                $"| {one.Name} | {one.Accounts:N0} | {one.Requests:N0} | {one.Requests / one.Took.TotalSeconds:0} | {one.Oldest:0.0} s | {one.Left:N0} | {string.Join(" + ", one.Nodes.Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.TotalMicroseconds / count:0} µs")))} | {one.Database.TotalMicroseconds / count:0} µs | {one.Commits / count:0.0} | {one.Log / count:0} B |"
            );
        }

        Line($"");
        text.Append(ResultFile.Table(verdicts));
        return text.ToString();
    }
}
