using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests;

public sealed class StartTests(TestServer shared) : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"behalf-start-{Guid.NewGuid():n}");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task FirstStart_WritesPrivateFiles_AndTheSecondKeepsTheCredentials()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (string Id, string Secret) first;
        await using (RunningServer server = ServerApp.Build(Options("http://127.0.0.1:0")))
        {
            await server.StartAsync(cancellationToken);
            server.IsFirstStart.Should().BeTrue();
            first = await TestServer.ReadAsync(server.CredentialsFile);
            JsonElement listening = Read("server.json");
            listening.GetProperty("url").GetString().Should().Be(server.Url);
            new Uri(server.Url).Port.Should().BePositive();
            await server.StopAsync(cancellationToken);
        }

        foreach (string file in new[] { "credentials.json", "operator.json", "root.key", "behalf.db" })
        {
            Mode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }

        await using RunningServer second = ServerApp.Build(Options("http://127.0.0.1:0"));
        await second.StartAsync(cancellationToken);
        second.IsFirstStart.Should().BeFalse();
        (await TestServer.ReadAsync(second.CredentialsFile)).Should().Be(first);
        Read("credentials.json").GetProperty("environment_url").GetString().Should().Be(second.Url);
        await second.StopAsync(cancellationToken);
    }

    [Fact]
    public void Start_IsRefused_WhenThePortIsTaken()
    {
        int port = new Uri(shared.Server.Url).Port;

        Action start = () => ServerApp.Build(Options($"http://127.0.0.1:{port}"));

        start
            .Should()
            .Throw<StartupException>()
            .WithMessage($"Port {port} is taken*Use --urls http://127.0.0.1:{port + 1}.");
    }

    [Fact]
    public void Start_IsRefused_WhenAKeyIsThereWithoutItsDatabase()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "root.key"), "a key");

        Action start = () => ServerApp.Build(Options("http://127.0.0.1:0"));

        start.Should().Throw<StartupException>().WithMessage("*holds a root key but no database*");
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    public void Start_IsRefused_WhenSecretsWouldTravelInClear(string url)
    {
        Action start = () => ServerApp.Build(Options(url));

        start.Should().Throw<StartupException>().WithMessage("*clear text*");
    }

    [Fact]
    public async Task PlainPort_ServesHttp11AndHttp2()
    {
        foreach (Version version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri("/health/live", UriKind.Relative))
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using HttpResponseMessage response = await shared.Http.SendAsync(
                request,
                TestContext.Current.CancellationToken
            );
            response.StatusCode.Should().Be(HttpStatusCode.OK);
            response.Version.Should().Be(version);
        }
    }

    [Fact]
    public async Task PlainPort_ServesARequest_ThatArrivesByteByByte()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using TcpClient client = new() { NoDelay = true };
        Uri url = new(shared.Server.Url);
        await client.ConnectAsync(url.Host, url.Port, cancellationToken);
        NetworkStream stream = client.GetStream();
        foreach (byte b in "PUT /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray())
        {
            await stream.WriteAsync(new[] { b }, cancellationToken);
        }

        using StreamReader reader = new(stream, Encoding.ASCII);
        (await reader.ReadToEndAsync(cancellationToken)).Should().StartWith("HTTP/1.1 405");
    }

    private ServerOptions Options(string url) =>
        new()
        {
            DataFolder = _folder,
            Urls = [url],
            LogLevel = LogLevel.Error,
        };

    private JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file))).RootElement;

    /// <summary>Where the system has file modes at all.</summary>
    private UnixFileMode Mode(string file) =>
        OperatingSystem.IsWindows()
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite
            : File.GetUnixFileMode(Path.Combine(_folder, file));
}
