using Behalf.Cli.Shell;

namespace Behalf.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly FakeSurroundings _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("nonsense")]
    [InlineData("account", "lnk")]
    [InlineData("account", "link")]
    [InlineData("account", "verify", "--identifier", "alice")]
    [InlineData("account", "verify", "--identifier", "alice", "--code", "a", "--request", "b")]
    [InlineData("account", "show")]
    [InlineData("exec", "some_tool", "--identifier", "alice", "--input", "{")]
    [InlineData("exec", "some_tool", "--identifier", "alice", "--input", "[]")]
    [InlineData("exec", "some_tool", "--identifier", "alice", "--input", """{"a":1,"a":2}""")]
    [InlineData("session", "create", "--identifier", "alice", "--ttl", "901", "--out", "x")]
    [InlineData("audit", "list", "--kind", "everything")]
    [InlineData("agent", "--identifier", "alice")]
    [InlineData("person", "add", "alice")]
    [InlineData("person", "set", "alice", "--sign-in", "maybe")]
    [InlineData("identity-provider", "set", "https://idp.acme.com")]
    [InlineData("group-rule", "set", "writers")]
    public async Task AWrongLine_EndsWithTwo_AndOneSentence(params string[] arguments)
    {
        _machine.Write(
            ".behalf/credentials.json",
            """{ "environment_url": "http://127.0.0.1:1", "client_id": "a", "client_secret": "b" }"""
        );
        _machine.Variables["ANTHROPIC_API_KEY"] = "key";

        (await _machine.RunAsync(arguments)).Should().Be(ExitCode.Usage);

        _machine.Out.Should().BeEmpty();
        _machine.Error.Should().NotBeEmpty().And.NotContain("   at ");
    }

    [Fact]
    public async Task AnUnknownCommand_IsNamed()
    {
        await _machine.RunAsync("account", "lnk");

        _machine.Error.Should().Contain("\"lnk\"").And.Contain("behalf account --help");
    }

    [Fact]
    public async Task NoServer_IsSaid_WithTheWayOut()
    {
        (await _machine.RunAsync("connection", "list")).Should().Be(ExitCode.Failed);

        _machine.Error.Should().Contain("behalf serve").And.Contain("BEHALF_URL");
    }

    [Fact]
    public async Task AnUnreachableServer_EndsWithOne()
    {
        _machine.Variables["BEHALF_URL"] = "http://127.0.0.1:1";
        _machine.Variables["BEHALF_CLIENT_ID"] = "cl_1";
        _machine.Variables["BEHALF_CLIENT_SECRET"] = "env-secret";

        (await _machine.RunAsync("account", "list", "--json")).Should().Be(ExitCode.Failed);

        _machine.Error.Should().Contain("http://127.0.0.1:1").And.NotContain("env-secret");
        _machine.Out.Should().BeEmpty();
    }

    [Fact]
    public async Task AMissingModelKey_SaysWhatToSet_BeforeAnythingElse()
    {
        (await _machine.RunAsync("agent", "--identifier", "alice", "hello")).Should().Be(ExitCode.Failed);

        _machine.Error.Should().Contain("ANTHROPIC_API_KEY").And.Contain("--practice-model");
    }

    [Fact]
    public async Task Help_FitsEightyColumns()
    {
        (await _machine.RunAsync("--help")).Should().Be(ExitCode.Ok);

        _machine.Out.Should().Contain("behalf [command]");
        _machine.Out.Split('\n').Should().OnlyContain(line => line.TrimEnd().Length <= 80);
    }

    [Fact]
    public async Task AnArgumentThatBeginsWithAt_IsNotAResponseFile()
    {
        _machine.Variables["BEHALF_CLIENT_ID"] = "cl_1";

        (await _machine.RunAsync("exec", "some_tool", "--identifier", "alice", "--input", "@missing.json"))
            .Should()
            .Be(ExitCode.Failed);

        _machine.Error.Should().Contain("missing.json");
    }
}
