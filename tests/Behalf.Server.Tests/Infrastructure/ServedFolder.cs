using Behalf.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A data folder that a server has served and left, to be copied by each test that damages it.</summary>
public sealed class ServedFolder : IAsyncLifetime
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _root = Directory.CreateTempSubdirectory("behalf-served-").FullName;
    private int _copies;

    private string Original => Path.Combine(_root, "original");

    public async ValueTask InitializeAsync()
    {
        await using RunningServer server = Serve(Original);
        await server.StartAsync(CancellationToken.None);
        await server.StopAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Not started yet; by the system's clock, as what looks at the folder goes.</summary>
    public RunningServer Serve(string folder) =>
        ServerApp.Build(
            new ServerOptions
            {
                DataFolder = folder,
                Urls = ["http://127.0.0.1:0"],
                LogLevel = LogLevel.None,
            }
        );

    /// <returns>A folder of the test's own, as it was left.</returns>
    public string Copy()
    {
        string copy = NewFolder();
        foreach (string file in Directory.EnumerateFiles(Original, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(Original, file));
            Make(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    /// <returns>An empty one.</returns>
    public string NewFolder() => Make(Path.Combine(_root, $"copy-{Interlocked.Increment(ref _copies)}"));

    private static string Make(string path) =>
        OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(path).FullName
            : Directory.CreateDirectory(path, Private).FullName;
}
