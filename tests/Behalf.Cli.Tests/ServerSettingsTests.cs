using Behalf.Cli.Settings;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Tests;

public sealed class ServerSettingsTests : IDisposable
{
    private const string Stored = """
        { "environment_url": "https://behalf.acme.com", "client_id": "cl_stored", "client_secret": "stored-secret" }
        """;

    private readonly FakeSurroundings _machine = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void TheDataFoldersCredential_GoesToTheServerItNames()
    {
        _machine.Write(".behalf/credentials.json", Stored);

        var options = Resolve();

        options.Server.Should().Be(new Uri("https://behalf.acme.com"));
        options.ClientId.Should().Be("cl_stored");
        options.ClientSecret!.Reveal().Should().Be("stored-secret");
    }

    [Theory]
    [InlineData("https://evil.example", null)]
    [InlineData(null, "https://evil.example")]
    [InlineData("http://127.0.0.1:9", null)]
    [InlineData("https://behalf.acme.com.evil.example", null)]
    [InlineData("https://behalf.acme.com@evil.example", null)]
    [InlineData("https://behalf.acme.com:8443", null)]
    public void AStoredCredential_IsNotSentElsewhere(string? option, string? variable)
    {
        _machine.Write(".behalf/credentials.json", Stored);
        if (variable is not null)
        {
            _machine.Variables["BEHALF_URL"] = variable;
        }

        var resolve = () => Resolve(server: option);

        var refusal = resolve.Should().Throw<CommandFailure>().Which;
        refusal.ExitCode.Should().Be(ExitCode.Refused);
        refusal.Message.Should().NotContain("stored-secret");
    }

    [Fact]
    public void AStoredCredential_GoesElsewhere_OnlyWhenBothAreNamed()
    {
        var file = _machine.Write("other/credentials.json", Stored);

        Resolve(server: "https://behalf.eu.acme.com", credentials: file)
            .Server.Should()
            .Be(new Uri("https://behalf.eu.acme.com"));

        _machine.Variables["BEHALF_URL"] = "https://behalf.eu.acme.com";
        var byVariable = () => Resolve(credentials: file);
        byVariable.Should().Throw<CommandFailure>().Which.ExitCode.Should().Be(ExitCode.Refused);
    }

    [Fact]
    public void TheServersOwnAddresses_CountAsTheSameServer()
    {
        _machine.Write(".behalf/credentials.json", Stored);
        _machine.Write(
            ".behalf/server.json",
            """{ "url": "https://behalf.acme.com", "urls": ["https://localhost:8443"], "certificate_authority": "tls/ca.pem" }"""
        );

        var options = Resolve(server: "https://LOCALHOST:8443/");

        options.Server.Should().Be(new Uri("https://localhost:8443"));
        options.CertificateAuthorityPath.Should().Be(Path.Combine(_machine.Home, ".behalf", "tls/ca.pem"));
    }

    [Fact]
    public void TheDevelopmentAuthority_IsTrustedForItsOwnServerOnly()
    {
        _machine.Write(
            ".behalf/server.json",
            """{ "urls": ["https://localhost:8443"], "certificate_authority": "/ca.pem" }"""
        );
        var file = _machine.Write(".behalf/credentials.json", Stored);

        Resolve(server: "https://behalf.eu.acme.com", credentials: file).CertificateAuthorityPath.Should().BeNull();
    }

    [Fact]
    public void AnotherCredential_TrustsTheDevelopmentAuthorityOfTheLocalServerItNames()
    {
        _machine.Write(
            ".behalf/server.json",
            """{ "urls": ["https://behalf.acme.com"], "certificate_authority": "/ca.pem" }"""
        );
        var file = _machine.Write("elsewhere/team.json", Stored);

        Resolve(credentials: file).CertificateAuthorityPath.Should().Be("/ca.pem");
    }

    [Fact]
    public void Variables_ComeBeforeTheDataFolder_AndNeedTheirServer()
    {
        _machine.Write(".behalf/credentials.json", Stored);
        _machine.Variables["BEHALF_CLIENT_ID"] = "cl_env";
        _machine.Variables["BEHALF_CLIENT_SECRET"] = "env-secret";

        var without = () => Resolve();
        without.Should().Throw<CommandFailure>().Which.ExitCode.Should().Be(ExitCode.Usage);

        _machine.Variables["BEHALF_URL"] = "https://behalf.eu.acme.com";
        var options = Resolve();
        options.ClientId.Should().Be("cl_env");
        options.Server.Should().Be(new Uri("https://behalf.eu.acme.com"));
    }

    [Fact]
    public void HalfACredentialInVariables_IsAUsageError()
    {
        _machine.Variables["BEHALF_CLIENT_ID"] = "cl_env";

        var resolve = () => Resolve();

        resolve.Should().Throw<CommandFailure>().WithMessage("*BEHALF_CLIENT_SECRET*");
    }

    [Fact]
    public void TheDataVariable_NamesTheFolder_AndTheOptionWins()
    {
        _machine.Write("a/operator.json", Stored.Replace("cl_stored", "cl_a"));
        _machine.Write("b/operator.json", Stored.Replace("cl_stored", "cl_b"));
        _machine.Variables["BEHALF_DATA"] = Path.Combine(_machine.Home, "a");

        Resolve(file: "operator.json").ClientId.Should().Be("cl_a");
        Resolve(file: "operator.json", data: Path.Combine(_machine.Home, "b")).ClientId.Should().Be("cl_b");
    }

    [Theory]
    [InlineData("not json, but top-secret")]
    [InlineData("""{ "environment_url": "https://behalf.acme.com", "client_secret": "top-secret" }""")]
    [InlineData("""{ "environment_url": "top-secret", "client_id": "a", "client_secret": "top-secret" }""")]
    [InlineData("[\"top-secret\"]")]
    public void ABrokenCredentialsFile_IsNamed_AndNotQuoted(string content)
    {
        var file = _machine.Write("credentials.json", content);

        var resolve = () => Resolve(credentials: file);

        var failure = resolve.Should().Throw<CommandFailure>().Which;
        failure.Message.Should().Contain(file).And.NotContain("top-secret");
        failure.ExitCode.Should().Be(ExitCode.Failed);
    }

    [Fact]
    public void ACredentialsFileOthersCanRead_IsRemarkedOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are a Unix matter");
        var file = _machine.Write("credentials.json", Stored);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }

        Resolve(credentials: file);

        _warnings.Should().ContainSingle().Which.Should().Contain("chmod 600");
    }

    [Fact]
    public void PlainHttp_IsForThisMachineOnly()
    {
        var file = _machine.Write("credentials.json", Stored);

        var resolve = () => Resolve(server: "http://behalf.acme.com", credentials: file);

        resolve.Should().Throw<CommandFailure>().WithMessage("*https*");
    }

    private BehalfClientOptions Resolve(
        string? server = null,
        string? credentials = null,
        string? data = null,
        string file = "credentials.json"
    ) =>
        ServerSettings.Resolve(
            new SettingSources
            {
                Server = server,
                CredentialsFile = credentials,
                DataFolder = data,
                DefaultCredentialFile = file,
            },
            _machine.Make(),
            _warnings.Add
        );
}
