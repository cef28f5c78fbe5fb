extern alias Cli;

using System.Security.Cryptography.X509Certificates;
using Behalf.Server.Hosting;
using Cli::Behalf.Cli;
using Cli::Behalf.Cli.Shell;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests;

/// <summary>
/// <c>serve --urls https://localhost:…</c> without a certificate: the server makes one for this machine alone, and the
/// command line trusts it where it finds the folder.
/// </summary>
public sealed class DevelopmentCertificateTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"behalf-https-{Guid.NewGuid():n}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Tls => Path.Combine(_folder, "tls");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task HttpsServer_MakesItsCertificate_WhichOnlyItsOwnerReads_AndKeepsIt()
    {
        string first = await ServeAsync(_ => Task.FromResult(Thumbprint()));
        string second = await ServeAsync(_ => Task.FromResult(Thumbprint()));

        second.Should().Be(first, "browsers and clients that trust it go on doing so");
        if (!OperatingSystem.IsWindows())
        {
            string[] files = Directory.GetFiles(Tls);
            files.Should().HaveCount(2);
            foreach (string file in files)
            {
                File.GetUnixFileMode(file).Should().Be(Owner, file);
            }

            File.GetUnixFileMode(Tls).Should().Be(Owner | UnixFileMode.UserExecute);
        }

        (await File.ReadAllTextAsync(Path.Combine(Tls, "ca.pem"), Cancellation))
            .Should()
            .NotContain("PRIVATE KEY", "the authority's key is thrown away");
    }

    [Fact]
    public async Task CommandLine_TrustsTheServersOwnAuthority_AndNothingElseDoes()
    {
        await ServeAsync(async server =>
        {
            using HttpClient stranger = new();
            await FluentActions
                .Invoking(() => stranger.GetAsync(new Uri(server.Url + "/health/live"), Cancellation))
                .Should()
                .ThrowAsync<HttpRequestException>();

            (await RunAsync("connection", "list")).Should().Be((0, ""));
            return true;
        });
    }

    private string Thumbprint()
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(
            Path.Combine(Tls, "localhost.pem")
        );
        certificate.MatchesHostname("localhost").Should().BeTrue();
        return certificate.Thumbprint;
    }

    private async Task<T> ServeAsync<T>(Func<RunningServer, Task<T>> use)
    {
        await using RunningServer server = ServerApp.Build(
            new ServerOptions
            {
                DataFolder = _folder,
                Urls = ["https://localhost:0"],
                LogLevel = LogLevel.None,
            }
        );
        await server.StartAsync(Cancellation);
        T result = await use(server);
        await server.StopAsync(Cancellation);
        return result;
    }

    private async Task<(int Exit, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new();
        await using StringWriter error = new();
        int exit = await CommandLine.RunAsync(
            arguments,
            new Surroundings
            {
                In = TextReader.Null,
                Out = output,
                Error = error,
                OutIsTerminal = false,
                IsInteractive = false,
                Width = 80,
                Variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["BEHALF_DATA"] = _folder },
                HomeFolder = _folder,
            }
        );
        return (exit, error.ToString());
    }
}
