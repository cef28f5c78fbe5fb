using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Load;

/// <summary>What a load generator saw in one run. Times in milliseconds.</summary>
internal sealed record Seen(long Answered, double Seconds, double P50, double P95, double P99, long Failed)
{
    public double PerSecond => Answered / Seconds;

    /// <param name="times">Of each answer; none: only the failed are told.</param>
    public static Seen Of(List<double> times, double seconds, long failed)
    {
        times.Sort();
        double At(int percent) => times.Count == 0 ? 0 : times[times.Count * percent / 100];
        return new Seen(times.Count, seconds, At(50), At(95), At(99), failed);
    }
}

/// <summary>Load on one address from a program that costs little itself.</summary>
internal interface IGenerator
{
    Task<Seen> RunAsync(string address, int connections, TimeSpan length);
}

/// <summary>wrk, one thread: the requests in turn on each connection, the next when the answer before is there.</summary>
/// <param name="spread">What <see cref="Shot.User"/> and <see cref="Shot.Connection"/> stand for.</param>
internal sealed class Wrk(string folder, string name, IReadOnlyList<Shot> shots, Spread? spread = null) : IGenerator
{
    private const string Tail = """
        local n = 0
        function request()
          n = n + 1
          local shot = shots[(n - 1) % #shots + 1]
          if #shot == 1 then return shot[1] end
          local user, connection = math.random(0, users - 1), math.random(0, connections - 1)
          local parts = {}
          for i, part in ipairs(shot) do
            if part == '#number##' then parts[i] = string.format('%09d', first + n)
            elseif part == '#user###' then parts[i] = string.format('%08d', user)
            elseif part == '#con#' then parts[i] = string.format('%05d', connection)
            else parts[i] = part end
          end
          return table.concat(parts)
        end
        function done(summary, latency, requests)
          local e = summary.errors
          io.write(string.format('\nRESULT %d %d %d %d %d %d\n', summary.requests, summary.duration,
            latency:percentile(50), latency:percentile(95), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
        end
        """;

    public async Task<Seen> RunAsync(string address, int connections, TimeSpan length)
    {
        string script = Path.Combine(folder, $"{name}.lua");
        await File.WriteAllTextAsync(script, Script());
        string output = await Output.OfAsync(
            "wrk",
            "-t1",
            $"-c{connections}",
            $"-d{Math.Max(1, (int)length.TotalSeconds)}s",
            "--timeout",
            "20s",
            "-s",
            script,
            address
        );
        string line =
            output.Split('\n').FirstOrDefault(l => l.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new StageException($"wrk printed no result for {name}: {output}");
        double[] numbers = [.. line.Split(' ').Skip(1).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        return new Seen(
            (long)(numbers[0] - numbers[5]),
            numbers[1] / 1e6,
            numbers[2] / 1e3,
            numbers[3] / 1e3,
            numbers[4] / 1e3,
            (long)numbers[5]
        );
    }

    private string Script()
    {
        IEnumerable<string> lines = shots.Select(shot =>
        {
            string headers = string.Join(", ", shot.Headers.Select(h => $"[{Quote(h.Key)}] = {Quote(h.Value)}"));
            string body = shot.Body.Length == 0 ? "nil" : Quote(shot.Body);
            return $"    wrk.format({Quote(shot.Method)}, {Quote(shot.Path)}, {{{headers}}}, {body}),";
        });
        // What differs at each request is as long each time, so that Content-Length holds.
        return $$"""
            shots = {}
            first = {{Random.Shared.Next(900_000_000)}}
            users = {{spread?.Users ?? 1}}
            connections = {{spread?.Connections ?? 1}}
            local function split(text)
              local parts, from = {}, 1
              while true do
                local at, to = string.find(text, '#%a+#+', from)
                if not at then break end
                parts[#parts + 1] = string.sub(text, from, at - 1)
                parts[#parts + 1] = string.sub(text, at, to)
                from = to + 1
              end
              parts[#parts + 1] = string.sub(text, from)
              return parts
            end
            function init(args)
              math.randomseed(first)
              local whole = {
            {{string.Join('\n', lines)}}
              }
              for i, text in ipairs(whole) do shots[i] = split(text) end
            end
            {{Tail}}

            """;
    }

    // What JSON escapes, Lua escapes alike, but for \u: there is none in what we send.
    private static string Quote(string text) => JsonSerializer.Serialize(text, Plain);

    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>
/// h2load, HTTP/2: each connection is a program of its own with a user of its own, and sends the same call again when the
/// answer before is there.
/// </summary>
/// <param name="bodies">The framed gRPC message of each user.</param>
internal sealed class H2Load(string folder, string name, string path, string token, IReadOnlyList<byte[]> bodies)
    : IGenerator
{
    public async Task<Seen> RunAsync(string address, int connections, TimeSpan length)
    {
        int seconds = Math.Max(1, (int)length.TotalSeconds);
        string[] logs = await Task.WhenAll(
            Enumerable.Range(0, connections).Select(i => RunAsync($"{address}{path}", i, seconds))
        );
        List<double> times = [];
        long failed = 0;
        foreach (string[] fields in logs.SelectMany(File.ReadLines).Select(line => line.Split('\t')))
        {
            // Start in microseconds since the epoch, status, length in microseconds.
            if (fields[1] == "200")
            {
                times.Add(double.Parse(fields[2], CultureInfo.InvariantCulture) / 1e3);
            }
            else
            {
                failed++;
            }
        }

        if (times.Count == 0)
        {
            throw new StageException($"h2load got no answer for {name}.");
        }

        return Seen.Of(times, seconds, failed);
    }

    /// <returns>The file with a line for each answer.</returns>
    private async Task<string> RunAsync(string url, int user, int seconds)
    {
        string message = Path.Combine(folder, $"{name}-{user}.bin");
        string log = Path.Combine(folder, $"{name}-{user}.log");
        await File.WriteAllBytesAsync(message, bodies[user]);
        File.Delete(log);
        await Output.OfAsync(
            "h2load",
            "-t1",
            "-c1",
            "-m1",
            $"-D{seconds}",
            "-d",
            message,
            "-H",
            "content-type: application/grpc",
            "-H",
            "te: trailers",
            "-H",
            $"authorization: Bearer {token}",
            $"--log-file={log}",
            url
        );
        return log;
    }
}

file static class Output
{
    public static async Task<string> OfAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new StageException($"{program} does not start.");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new StageException($"{program} ended with {process.ExitCode}: {output}{await error}");
    }
}
