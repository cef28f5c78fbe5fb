using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Behalf.Cli.Tests.EndToEnd;

/// <summary>
/// A program at a terminal of its own, as a person sits before it: made by <c>script</c> of util-linux, which gives it a
/// pseudo-terminal and passes on what is typed and what is shown.
/// </summary>
internal sealed partial class Terminal : IDisposable
{
    private const string Script = "/usr/bin/script";
    private const string ControlC = "\u0003";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _shown = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _more = new(0);

    private Terminal(Process process)
    {
        _process = process;
        Reading = ReadAsync();
    }

    /// <value>Why there can be none on this machine; null: there can.</value>
    public static string? Missing =>
        OperatingSystem.IsLinux() && File.Exists(Script) ? null : $"{Script} of util-linux, which gives a terminal";

    /// <value>What was shown so far, without what moves the cursor.</value>
    public string Shown
    {
        get
        {
            lock (_gate)
            {
                return Escapes.Replace(_shown.ToString(), "").Replace("\r", "\n", StringComparison.Ordinal);
            }
        }
    }

    private Task Reading { get; }

    public static Terminal Start(string program, IReadOnlyList<string> arguments, Dictionary<string, string> variables)
    {
        string line = string.Join(' ', arguments.Prepend(program).Select(word => $"'{word.Replace("'", "'\\''")}'"));
        ProcessStartInfo start = new(Script)
        {
            // Who starts the tests in the background starts them with SIGINT ignored, and every program would inherit that.
            ArgumentList =
            {
                "--quiet",
                "--return",
                "--flush",
                "--command",
                $"exec env --default-signal=INT {line}",
                "/dev/null",
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["TERM"] = "dumb";
        return new Terminal(Process.Start(start)!);
    }

    /// <summary>Waits until the screen shows it.</summary>
    /// <returns>The match.</returns>
    /// <exception cref="InvalidOperationException">The program ended without, or it did not come in time.</exception>
    public async Task<Match> ShowsAsync(Regex wanted, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (true)
        {
            bool isOver = Reading.IsCompleted;
            if (wanted.Match(Shown) is { Success: true } match)
            {
                return match;
            }

            if (isOver || limit.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Nothing like {wanted} was shown:\n{Shown}");
            }

            await Task.WhenAny(_more.WaitAsync(limit.Token), Reading);
        }
    }

    /// <summary>Presses Ctrl-C.</summary>
    /// <returns>The program's exit code.</returns>
    public async Task<int> InterruptAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteAsync(ControlC);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await EndsAsync(cancellationToken);
    }

    /// <returns>The program's exit code.</returns>
    public async Task<int> EndsAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        await Reading;
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _more.Dispose();
    }

    private async Task ReadAsync()
    {
        char[] piece = new char[4096];
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(piece)) > 0)
        {
            lock (_gate)
            {
                _shown.Append(piece, 0, read);
            }

            _more.Release();
        }
    }

    [GeneratedRegex("\u001b(?:\\[[0-9;?]*[A-Za-z]|[=>])", RegexOptions.NonBacktracking)]
    private static partial Regex Escapes { get; }
}
