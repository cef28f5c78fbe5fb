using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Behalf.Client;

namespace Behalf.RaceSuite.Stage;

/// <summary>One server process, with its data folder, port and log; the same ones at each start.</summary>
internal sealed partial class Node : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigContinue = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4); // of a loaded machine

    private readonly Installation _installation;
    private readonly string _name;
    private readonly string _database;
    private readonly string _log;
    private Process? _process;
    private StreamWriter? _writer;
    private BehalfClient? _client;
    private int _starts;
    private bool _paused;

    public Node(Installation installation, string name, string database)
    {
        _installation = installation;
        _name = name;
        _database = database;
        _log = Path.Combine(installation.Logs, $"{name}.log");
        Address = $"http://127.0.0.1:{Ports.Free()}";
        Data = Path.Combine(installation.Folder, name);
    }

    public string Address { get; }

    public string Data { get; }

    public string Name => _name;

    public bool Runs => _process is { HasExited: false };

    /// <summary>Talks to this node with the application's credential.</summary>
    public BehalfClient Client => _client ?? throw new StageException($"{_name} was not started.");

    /// <summary>Starts it unless it runs, and waits until it serves.</summary>
    public async Task StartAsync()
    {
        if (Runs)
        {
            return;
        }

        await LaunchAsync([]);
        await ReadyAsync();
    }

    /// <summary>With a clock that is off by this much.</summary>
    public async Task StartWithClockAsync(TimeSpan offset)
    {
        await LaunchAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["LD_PRELOAD"] = Programs.FakeTime() ?? throw new StageException("There is no faketime here."),
                ["FAKETIME"] = $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs((int)offset.TotalSeconds)}s",
                // Only the wall clock is set wrong; waiting is measured by another, which is right on any machine.
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                ["DONT_FAKE_MONOTONIC"] = "1",
                ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
            }
        );
        await ReadyAsync();
    }

    /// <summary>Starts one that kills itself when it reaches the milestone.</summary>
    /// <param name="milestone">One of the product's names, or <c>*</c> for any.</param>
    /// <param name="count">The how manieth time.</param>
    /// <returns>False when it died before it served.</returns>
    public async Task<bool> StartDoomedAsync(string milestone, int count)
    {
        await LaunchAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Behalf.CrashHook.dll"),
                ["CRASH_AT"] = milestone,
                ["CRASH_COUNT"] = count.ToString(CultureInfo.InvariantCulture),
            }
        );
        try
        {
            await ReadyAsync();
            return true;
        }
        catch (StageException) when (_process!.HasExited)
        {
            return false;
        }
    }

    /// <summary>What a balancer is told.</summary>
    public async Task<bool> IsReadyAsync()
    {
        using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"{Address}/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
        }

        await EndedAsync();
    }

    /// <summary>Waits until the process is gone by itself.</summary>
    public async Task EndedAsync()
    {
        if (_process is { } process)
        {
            using CancellationTokenSource patience = new(Patience, TimeProvider.System);
            await process.WaitForExitAsync(patience.Token);
            _paused = false;
        }
    }

    /// <summary>SIGTERM: it drains and ends.</summary>
    public async Task StopAsync()
    {
        if (Runs)
        {
            Signal(SigTerm);
            await EndedAsync();
        }
    }

    /// <summary>Says that the database was put back from a backup: <c>behalf restore</c> with the exported ledger.</summary>
    public Task AcceptRestoredAsync(string ledger) =>
        Programs.RunAsync(
            "env",
            $"DOTNET_ROOT={DotnetRoot}",
            Executable(),
            "restore",
            "--data",
            Data,
            "--database",
            _database,
            "--root-key",
            _installation.RootKey,
            "--ledger",
            ledger
        );

    public void Pause()
    {
        Signal(SigStop);
        _paused = true;
    }

    public void Resume()
    {
        Signal(SigContinue);
        _paused = false;
    }

    /// <returns>Resident bytes.</returns>
    public long Memory()
    {
        if (_process is not { HasExited: false } process)
        {
            return 0;
        }

        process.Refresh();
        return process.WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        if (_paused && Runs)
        {
            Resume();
        }

        try
        {
            await StopAsync();
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }

        Aftercare.Done(this);
        _client?.Dispose();
        _process?.Dispose();
        _writer?.Dispose();
    }

    private static void KillNow(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    private async Task LaunchAsync(Dictionary<string, string> environment)
    {
        _process?.Dispose();
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        Directory.CreateDirectory(_installation.Folder);
        if (Directory.Exists(Data))
        {
            File.Delete(Path.Combine(Data, "server.json"));
        }

        string[] command =
        [
            Executable(),
            "serve",
            "--data",
            Data,
            "--urls",
            Address,
            "--public-url",
            _installation.PublicUrl,
            "--connectors",
            _installation.Connectors,
            "--allow-private-origin",
            _installation.Provider.Origin,
            .. _database.Length == 0
                ? Array.Empty<string>()
                : ["--database", _database, "--root-key", _installation.RootKey],
            .. _installation.FurtherRootKeys.SelectMany(key => new[] { "--further-root-key", key }),
        ];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _installation.Folder,
        };
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        start.Environment["BEHALF__NODE"] = _name;
        foreach ((string key, string value) in _installation.Settings.Concat(environment))
        {
            start.Environment[key] = value;
        }

        StreamWriter writer = new(_log, append: _starts++ > 0, Encoding.UTF8) { AutoFlush = true };
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
        Aftercare.Of(this, () => KillNow(process));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        (_process, _writer) = (process, writer);
    }

    private async Task ReadyAsync()
    {
        string ready = Path.Combine(Data, "server.json");
        using CancellationTokenSource limit = new(Patience, TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!File.Exists(ready))
        {
            if (_process!.HasExited)
            {
                throw new StageException($"{_name} ended with {_process.ExitCode}; its log: {_log}");
            }

            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new StageException($"{_name} does not serve after {Patience.TotalSeconds:0} s; its log: {_log}");
            }
        }

        if (_client is null)
        {
            _installation.Learn(this);
            _client = _installation.Connect(Address);
        }
    }

    private void Signal(int signal)
    {
        if (Kill(_process!.Id, signal) != 0)
        {
            throw new StageException($"{_name} takes no signal {signal}.");
        }
    }

    private static string DotnetRoot =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Executable()
    {
        // artifacts/bin/<project>/<configuration>/
        DirectoryInfo here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, "Behalf.Server", here.Name, "Behalf.Server");
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
