using Behalf.Server.Hosting;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Server.Tests;

public sealed class SealTests : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"behalf-seal-{Guid.NewGuid():n}");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 9, 0, 0, TimeSpan.Zero));

    private string RootKey => Path.Combine(_folder, "root.key");

    private string Aside => Path.Combine(_folder, "aside.key");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task SealedServer_AnswersHealthOnly_AndOpensOnceTheRootKeyIsBack()
    {
        await StartOnceAsync();
        File.Move(RootKey, Aside);

        await using RunningServer server = ServerApp.Build(Options());
        await server.StartAsync(Cancellation);
        using HttpClient http = new() { BaseAddress = new Uri(server.Url) };

        server.Sealed.Should().Contain("is missing");
        (await StatusAsync(http, "/health/live")).Should().Be(200);
        (await StatusAsync(http, "/health/ready")).Should().Be(503);
        foreach (string path in new[] { "/keys", "/oauth/token", "/api/v1/tools", "/magicLink/x", "/nothing" })
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            ((int)answer.StatusCode).Should().Be(503, path);
            answer.Headers.RetryAfter!.Delta.Should().Be(Period);
            (await answer.Content.ReadAsStringAsync(Cancellation)).Should().Contain("sealed").And.NotContain(_folder);
        }

        File.Move(Aside, RootKey);
        await ReadyAsync(http);
        server.Sealed.Should().BeNull();
        (await StatusAsync(http, "/keys")).Should().Be(200);
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task WrongRootKey_StopsTheStart()
    {
        await StartOnceAsync();
        File.Move(RootKey, Aside);
        RootKeyFile.Create(RootKey);

        await using RunningServer server = ServerApp.Build(Options());
        (await server.Invoking(sut => sut.StartAsync(Cancellation)).Should().ThrowAsync<VaultSealedException>())
            .Which.Message.Should()
            .Contain("belongs to this database");
    }

    [Fact]
    public async Task SealedServer_CanBeStopped()
    {
        await StartOnceAsync();
        File.Move(RootKey, Aside);
        RunningServer server = ServerApp.Build(Options());
        await server.StartAsync(Cancellation);

        await server.StopAsync(Cancellation);
        await server.DisposeAsync();
    }

    private async Task StartOnceAsync()
    {
        await using RunningServer server = ServerApp.Build(Options());
        await server.StartAsync(Cancellation);
        await server.StopAsync(Cancellation);
    }

    private ServerOptions Options() =>
        new()
        {
            DataFolder = _folder,
            Urls = ["http://127.0.0.1:0"],
            LogLevel = LogLevel.None,
            Time = _time,
        };

    /// <summary>Each look moves the clock by one period, so the server has tried again by the next.</summary>
    private async Task ReadyAsync(HttpClient http)
    {
        for (int i = 0; i < 600; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation); // the opening takes its time
            _time.Advance(Period);
            if (await StatusAsync(http, "/health/ready") == 200)
            {
                return;
            }
        }

        Assert.Fail("The server did not open.");
    }

    private static async Task<int> StatusAsync(HttpClient http, string path)
    {
        using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return (int)answer.StatusCode;
    }
}
