using Behalf.Cli.Shell;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Cli.Tests;

/// <summary>A machine with nothing on it but a home folder, removed afterwards.</summary>
internal sealed class FakeSurroundings : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public string Home { get; } = Directory.CreateTempSubdirectory("behalf-cli-test-").FullName;

    public FakeTimeProvider Clock { get; } = new();

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public string Input { get; init; } = "";

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Surroundings Make() =>
        new()
        {
            In = new StringReader(Input),
            Out = _out,
            Error = _error,
            OutIsTerminal = false,
            IsInteractive = false,
            Width = 80,
            Variables = Variables,
            HomeFolder = Home,
            Clock = Clock,
        };

    public Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, Make());

    public string Write(string path, string content)
    {
        var full = Path.Combine(Home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(full, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        return full;
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
