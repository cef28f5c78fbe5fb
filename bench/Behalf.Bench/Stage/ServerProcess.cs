using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Stage;

/// <summary>A server that is measured: what it took from the machine is read from <c>/proc</c>.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StreamWriter _log;

    private ServerProcess(Process process, StreamWriter log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public bool Runs => !_process.HasExited;

    /// <param name="log">What it prints.</param>
    public static ServerProcess Start(
        string log,
        IReadOnlyDictionary<string, string> environment,
        string program,
        params string[] arguments
    )
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        StreamWriter writer = new(log, append: true, Encoding.UTF8) { AutoFlush = true };
        Process process = new() { StartInfo = start };
        void Write(string? line)
        {
            lock (writer)
            {
                if (line is not null && writer.BaseStream.CanWrite)
                {
                    writer.WriteLine(line);
                }
            }
        }

        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ServerProcess server = new(process, writer);
        Aftercare.Of(server, () => process.Kill(entireProcessTree: true));
        return server;
    }

    /// <summary>Until the address answers with a success.</summary>
    public async Task ReadyAsync(Uri address)
    {
        using HttpClient client = new();
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(address, patience.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (Runs)
            {
                // Not yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }
    }

    /// <returns>Processor time of the process and those it started, ended or not.</returns>
    public TimeSpan Cpu() => Family(Id).Aggregate(TimeSpan.Zero, (sum, id) => sum + CpuOf(id));

    /// <returns>Resident bytes of the process itself.</returns>
    public long Memory()
    {
        string line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024
            * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (Runs)
        {
            await Programs.RunAsync("kill", "-TERM", Id.ToString(CultureInfo.InvariantCulture));
            using CancellationTokenSource patience = new(Patience, TimeProvider.System);
            await _process.WaitForExitAsync(patience.Token);
        }

        Aftercare.Done(this);
        _process.Dispose();
        await _log.DisposeAsync();
    }

    /// <summary>Processor time of a server that others started, with all its processes.</summary>
    public static TimeSpan CpuOfFamily(int id) => Family(id).Aggregate(TimeSpan.Zero, (sum, one) => sum + CpuOf(one));

    public static string DotnetRoot =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>A program of the same build: <c>artifacts/bin/PROJECT/CONFIGURATION/</c>.</summary>
    public static string Executable(string project)
    {
        DirectoryInfo here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, project);
    }

    private static List<int> Family(int id)
    {
        List<int> all = [id];
        for (int i = 0; i < all.Count; i++)
        {
            string children = $"/proc/{all[i]}/task/{all[i]}/children";
            if (File.Exists(children))
            {
                all.AddRange(
                    File.ReadAllText(children)
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                        .Select(child => int.Parse(child, CultureInfo.InvariantCulture))
                );
            }
        }

        return all;
    }

    // proc(5), /proc/pid/stat: utime, stime, cutime and cstime are fields 14 to 17, in hundredths of a second.
    private static TimeSpan CpuOf(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long ticks = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
            return TimeSpan.FromMilliseconds(10 * ticks);
        }
        catch (IOException)
        {
            return TimeSpan.Zero; // ended meanwhile
        }
    }
}
