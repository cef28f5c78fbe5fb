using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Behalf.Bench.Load;
using Behalf.Bench.Report;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Streams;

/// <summary><c>bench/run streams</c>: long answers in flat memory, and slow clients beside fast calls.</summary>
internal static class StreamsCommand
{
    private const long Long = 50L * 1024 * 1024;
    private const int FastConnections = 4;
    private const double TailFactor = 3;

    /// <value>What a long answer may add to the server's memory, in megabytes: a part of it, not the whole.</value>
    private const double MayAdd = 25;

    private static readonly string[] Needed = ["nginx", "wrk"];

    /// <value>The defaults hold one connection and one provider to 1,000 calls at once.</value>
    private static readonly Dictionary<string, string> Wide = new(StringComparer.Ordinal)
    {
        ["BEHALF__LIMITS__CREDENTIAL__ATONCE"] = "4000",
        ["BEHALF__LIMITS__CONNECTION__ATONCE"] = "4000",
        ["BEHALF__LIMITS__HOST__ATONCE"] = "4000",
    };

    public static Command Create()
    {
        Option<int> slow = new("--slow") { Description = "Slow clients at once.", DefaultValueFactory = _ => 2_000 };
        Option<int> rounds = new("--rounds") { DefaultValueFactory = _ => 3 };
        Option<int> seconds = new("--seconds") { DefaultValueFactory = _ => 4 };
        Option<bool> save = new("--save") { Description = $"Write the result into {ResultFile.Folder}." };
        Command command = new("streams", "Long answers and slow clients.") { slow, rounds, seconds, save };
        command.SetAction(parsed =>
            Runs.InFolderAsync(
                Needed,
                given: null,
                folder =>
                    RunAsync(
                        folder,
                        parsed.GetValue(slow),
                        parsed.GetValue(rounds),
                        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                        parsed.GetValue(save)
                    )
            )
        );
        return command;
    }

    private static async Task<IReadOnlyList<Verdict>> RunAsync(
        string folder,
        int slow,
        int rounds,
        TimeSpan length,
        bool save
    )
    {
        await using Nginx upstream = await Nginx.UpstreamAsync(Path.Combine(folder, "upstream"), Grounds.AnswerText);
        await upstream.WriteBigAsync(Long);
        await using BehalfServer server = new("sqlite", Path.Combine(folder, "sqlite"), string.Empty, upstream, Wide);
        await server.StartAsync();
        await server.FurnishAsync();
        Terms terms = Terms.Here(TimeProvider.System, rounds, (int)length.TotalSeconds);
        Lap lap = new(upstream);
        Course fast = new(
            "execute",
            server.Name,
            server.Address,
            new Wrk(folder, "fast", Requests.Execute(server)),
            Requests.Execute(server),
            server.Process.Cpu,
            server.Process,
            ReachesUpstream: false // the watched requests of long answers are counted there too
        );
        await lap.RunAsync(fast, FastConnections, length);
        StringBuilder text = new();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"# Long answers and slow clients, {terms.Day:yyyy-MM-dd}, commit {terms.Commit}");
        Line($"");
        Line($"{terms.Machine}. {terms.Versions}. SQLite; everything shares the machine.");
        Line($"");
        List<Verdict> verdicts = await LongAsync(server, upstream, Line);
        verdicts.AddRange(await SlowAsync(server, lap, fast, slow, rounds, length, Line));
        Line($"");
        text.Append(ResultFile.Table(verdicts));
        Console.WriteLine(text);
        if (save)
        {
            await ResultFile.WriteAsync(terms, "streams", text.ToString());
        }

        return verdicts;
    }

    private static async Task<List<Verdict>> LongAsync(
        BehalfServer server,
        Nginx upstream,
        Action<FormattableString> say
    )
    {
        byte[] whole = SHA256.HashData(await File.ReadAllBytesAsync(upstream.BigFile));
        IReadOnlyList<Shot> shots = Requests.Long(server);
        using HttpClient client = new() { BaseAddress = new Uri(server.Address) };
        await DownloadAsync(client, shots[0], whole); // warms up
        say($"| 50 MiB through `/proxy` | Resident before | At most meanwhile | Added |");
        say($"|---|---|---|---|");
        List<Verdict> verdicts = [];
        foreach (int together in (int[])[1, 1, 1, 8])
        {
            (long before, long most) = await MemoryWatch.DuringAsync(
                server.Process,
                () => Task.WhenAll(shots.Take(together).Select(shot => DownloadAsync(client, shot, whole)))
            );
            double added = (most - before) / 1048576.0;
            say($"| {together} at once | {before / 1048576.0:0} MB | {most / 1048576.0:0} MB | {added:0} MB |");
            verdicts.Add(
                Verdict.AtMost(
                    string.Create(CultureInfo.InvariantCulture, $"{together} × 50 MiB at once: memory added, MB"),
                    added,
                    MayAdd * together,
                    "0"
                )
            );
        }

        say($"");
        return verdicts;
    }

    private static async Task<List<Verdict>> SlowAsync(
        BehalfServer server,
        Lap lap,
        Course fast,
        int slow,
        int rounds,
        TimeSpan length,
        Action<FormattableString> say
    )
    {
        List<Measurement> alone = await RunAsync(lap, fast, rounds, length);
        long memory = server.Process.Memory();
        List<Measurement> beside;
        int held;
        long read;
        double added;
        await using (SlowReaders readers = await SlowReaders.OpenAsync(server.Address, Requests.Long(server), slow))
        {
            beside = await RunAsync(lap, fast, rounds, length);
            held = readers.Held;
            read = readers.Read;
            added = (server.Process.Memory() - memory) / 1048576.0;
        }

        alone.AddRange(await RunAsync(lap, fast, rounds, length));
        Report.Range before = Report.Range.Of(alone.Select(m => m.Seen.P95));
        Report.Range during = Report.Range.Of(beside.Select(m => m.Seen.P95));
        say(
            $"{slow:N0} clients that ask for 50 MiB and read {SlowReaders.Rate} bytes a second, {FastConnections} connections of fast calls beside them (rounds before and after without the slow ones):"
        );
        say($"");
        say($"| Fast calls | req/s | p50 ms | p95 ms | p99 ms | CPU µs/req |");
        say($"|---|---|---|---|---|---|");
        Say("alone", alone);
        Say("beside", beside);
        say($"");
        say(
            $"{held:N0} long answers still ran at the end; their clients had read {read / 1e6:0.0} MB. They add {added:0} MB to the server, {added * 1024 / slow:0} KB each."
        );
        return
        [
            Verdict.AtLeast("slow answers held to the end", held, slow, "0"),
            Verdict.AtMost(
                "p95 of fast calls beside slow clients, as a multiple of that alone",
                during.Median / before.Median,
                TailFactor,
                "0.00"
            ),
        ];

        void Say(string name, List<Measurement> all) =>
            say(
                $"| {name} | {Report.Range.Of(all.Select(m => m.Seen.PerSecond)).Median:0} | {Report.Range.Of(all.Select(m => m.Seen.P50)).Median:0.00} | {Report.Range.Of(all.Select(m => m.Seen.P95)).Median:0.00} | {Report.Range.Of(all.Select(m => m.Seen.P99)).Median:0.00} | {Report.Range.Of(all.Select(m => m.CpuPerRequest)).Median:0} |"
            );
    }

    private static async Task<List<Measurement>> RunAsync(Lap lap, Course fast, int rounds, TimeSpan length)
    {
        List<Measurement> all = [];
        for (int round = 0; round < rounds; round++)
        {
            all.Add(await lap.RunAsync(fast, FastConnections, length));
        }

        return all;
    }

    private static async Task DownloadAsync(HttpClient client, Shot shot, byte[] whole)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, shot.Path);
        foreach ((string name, string value) in shot.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] digest = await SHA256.HashDataAsync(stream);
        if (!digest.AsSpan().SequenceEqual(whole))
        {
            throw new StageException($"A long answer of {(int)response.StatusCode} is not what the upstream sent.");
        }
    }
}
