using System.Text.Json;
using Behalf.Cli.Demo;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Agent;

/// <summary>The practice model: one that runs already, or one started for this command and ended with it.</summary>
internal sealed class PracticeModel : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ChildProcess? _process;
    private readonly string? _folder;

    private PracticeModel(Uri url, ChildProcess? process, string? folder)
    {
        Url = url;
        _process = process;
        _folder = folder;
    }

    public Uri Url { get; }

    public static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https";

    public static PracticeModel At(string url) => new(new Uri(url), null, null);

    public static async Task<PracticeModel> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("behalf-model-").FullName;
        var ready = Path.Combine(folder, "ready.json");
        ChildProcess? process = null;
        try
        {
            process = ChildProcess.Start(
                "Behalf.Sandbox",
                Path.Combine(folder, "log.txt"),
                ["--urls", "http://127.0.0.1:0", "--ready-file", ready],
                new Dictionary<string, string>(StringComparer.Ordinal)
            );
            using var announced = JsonDocument.Parse(await process.ReadyAsync(ready, Patience, cancellationToken));
            return new PracticeModel(new Uri(announced.RootElement.GetProperty("url").GetString()!), process, folder);
        }
        catch (Exception failure)
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
            if (failure is DemoFailedException)
            {
                throw CommandFailure.Failed($"The practice model does not start: {failure.Message}");
            }
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            Directory.Delete(_folder!, recursive: true);
        }
    }
}
