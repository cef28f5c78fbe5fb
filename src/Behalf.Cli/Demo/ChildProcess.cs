using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Behalf.Cli.Demo;

/// <summary>One of the demo's processes: started with its own log file, waited for by its ready file, ended by its id.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _gate = new();

    private ChildProcess(Process process, StreamWriter log, string name, string logPath)
    {
        _process = process;
        _log = log;
        Name = name;
        LogPath = logPath;
    }

    public string Name { get; }

    public string LogPath { get; }

    public int Id => _process.Id;

    /// <summary>Starts an executable that stands beside this one in the build output.</summary>
    /// <param name="project">The project's name, such as <c>Behalf.Server</c>.</param>
    /// <exception cref="DemoFailedException">It is not built, or does not start.</exception>
    public static ChildProcess Start(
        string project,
        string logPath,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment
    )
    {
        string executable = FindExecutable(project);
        ProcessStartInfo start = new(executable)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(logPath)!,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_ROOT"] = DotnetRoot();
        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        StreamWriter log = new(logPath, append: false, Encoding.UTF8) { AutoFlush = true };
        Process process = new() { StartInfo = start };
        ChildProcess child = new(process, log, project, logPath);
        process.OutputDataReceived += (_, line) => child.Write(line.Data);
        process.ErrorDataReceived += (_, line) => child.Write(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception failure)
        {
            throw new DemoFailedException($"{project} does not start: {failure.Message}");
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits until the process wrote its ready file.</summary>
    /// <returns>The file's content.</returns>
    /// <exception cref="DemoFailedException">It ended first, or was not ready in time.</exception>
    public async Task<string> ReadyAsync(string readyFile, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        try
        {
            while (!File.Exists(readyFile))
            {
                if (_process.HasExited)
                {
                    throw new DemoFailedException(
                        $"{Name} ended with exit code {_process.ExitCode}. Its log: {LogPath}{LastWords()}"
                    );
                }

                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoFailedException(
                $"{Name} was not ready after {patience.TotalSeconds:0} s. Its log: {LogPath}"
            );
        }

        return await File.ReadAllTextAsync(readyFile, cancellationToken);
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    /// <returns>Its exit code; on Unix 128 and the signal's number when a signal ended it.</returns>
    /// <exception cref="DemoFailedException">It still runs after that time.</exception>
    public async Task<int> ExitedAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoFailedException($"{Name} still runs after {patience.TotalSeconds:0} s. Its log: {LogPath}");
        }
    }

    /// <summary>Ends it as it stands (SIGKILL).</summary>
    public void KillNow() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, SigTerm);
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        lock (_gate)
        {
            _log.Dispose();
        }
    }

    private static string FindExecutable(string project)
    {
        // artifacts/bin/<project>/<configuration>/
        DirectoryInfo here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string configuration = here.Name;
        string name = OperatingSystem.IsWindows() ? project + ".exe" : project;
        string path = Path.Combine(here.Parent!.Parent!.FullName, project, configuration, name);
        return File.Exists(path) ? path : throw new DemoFailedException($"{project} is not built: {path} is missing.");
    }

    private static string DotnetRoot() =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    private void Write(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            if (_log.BaseStream.CanWrite)
            {
                _log.WriteLine(line);
            }
        }
    }

    private string LastWords()
    {
        lock (_gate)
        {
            _log.Flush();
        }

        string[] lines = File.ReadAllLines(LogPath);
        return lines.Length == 0
            ? string.Empty
            : Environment.NewLine + string.Join(Environment.NewLine, lines.TakeLast(8));
    }
}
