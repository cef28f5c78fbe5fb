using System.Text.Json.Nodes;
using Behalf.Sandbox.World;

namespace Behalf.Sandbox.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task PrintWorld_PrintsTheBuiltInDocument()
    {
        var (code, output, _) = await RunAsync("sandbox", "--print-world");
        code.Should().Be(SandboxCommand.Ok);
        output.Should().Be(WorldReader.DefaultText);
    }

    [Theory]
    [InlineData("--port", "Unknown argument --port.")]
    [InlineData("--urls", "--urls needs a value.")]
    public async Task WrongUse_IsExplained(string argument, string explanation)
    {
        var (code, _, errors) = await RunAsync(argument);
        code.Should().Be(SandboxCommand.WrongUse);
        errors.Should().StartWith(explanation);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8090")]
    [InlineData("https://127.0.0.1:8090")]
    [InlineData("nonsense")]
    public async Task OtherThanLoopback_IsRefused(string url)
    {
        var (code, _, errors) = await RunAsync("--urls", url);
        code.Should().Be(SandboxCommand.Failed);
        errors.Trim().Should().Be($"The practice Asana listens on loopback http only, not on {url}.");
    }

    [Fact]
    public async Task ATakenPort_IsToldInOneLine()
    {
        await using var first = SandboxApp.Build(new SandboxOptions());
        await first.StartAsync(TestContext.Current.CancellationToken);
        var url = first.Urls.First();
        var (code, _, errors) = await RunAsync("--urls", url);
        code.Should().Be(SandboxCommand.Failed);
        errors.Trim().Should().Be($"{url} is taken by another process. Use --urls with another port.");
        await first.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AMissingWorldFile_IsNamed()
    {
        var (code, _, errors) = await RunAsync("--world", "/nowhere/world.json");
        code.Should().Be(SandboxCommand.Failed);
        errors.Should().Contain("/nowhere/world.json");
    }

    [Fact]
    public async Task TheReadyFile_HoldsTheBoundAddress()
    {
        var folder = Directory.CreateTempSubdirectory();
        var path = Path.Combine(folder.FullName, "ready.json");
        await using var app = SandboxApp.Build(new SandboxOptions { ReadyFile = path });
        await app.StartAsync(TestContext.Current.CancellationToken);
        await SandboxCommand.AnnounceAsync(app, new SandboxOptions { ReadyFile = path }, TextWriter.Null);
        var ready = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;
        ready["url"]!.GetValue<string>().Should().Be(app.Urls.First());
        folder.GetFiles().Should().HaveCount(1);
        await app.StopAsync(TestContext.Current.CancellationToken);
        folder.Delete(recursive: true);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await SandboxCommand.RunAsync(arguments, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
