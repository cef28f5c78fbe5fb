using System.Text.Json;
using Behalf.Server.Commands;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>What the doctor says is true, of a server that runs and of one that cannot.</summary>
public sealed class DoctorTests(Stage stage) : IClassFixture<Stage>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.GetDirectoryName(stage.Server.DatabaseFile)!;

    private static async Task<(int Exit, string[] Fine, string[] Wrong)> AskAsync(params string[] arguments)
    {
        using StringWriter output = new();
        int exit = await BehalfServerCommand.RunAsync(["doctor", "--json", .. arguments], output);
        JsonElement[] findings = [.. JsonDocument.Parse(output.ToString()).RootElement.EnumerateArray()];
        string[] Texts(bool isFine) =>
            [
                .. findings
                    .Where(finding => finding.GetProperty("is_fine").GetBoolean() == isFine)
                    .Select(finding => finding.GetProperty("text").GetString()!),
            ];
        return (exit, Texts(true), Texts(false));
    }

    [Fact]
    public async Task RunningServer_IsWell_AndItsProvidersAnswer()
    {
        (int exit, string[] fine, string[] wrong) = await AskAsync(
            "--data",
            Data,
            "--allow-private-origin",
            stage.Provider.Origin
        );

        wrong.Should().BeEmpty();
        exit.Should().Be(ExitCodes.Ok);
        fine.Should().Contain(text => text.Contains("is ready"));
        fine.Should()
            .Contain(text => text.Contains(new Uri(stage.Provider.Origin).Authority) && text.EndsWith("answers"));
        fine.Should().Contain(text => text.StartsWith("key ring: ") && text.Contains("opened"));
        fine.Should().Contain(text => text.StartsWith("schema "));
    }

    [Fact]
    public async Task ProviderThatMayNotBeCalled_IsNamed_WithTheConnectionThatNeedsIt()
    {
        (int exit, _, string[] wrong) = await AskAsync("--data", Data);

        exit.Should().Be(ExitCodes.Failed);
        wrong.Should().ContainSingle().Which.Should().Contain("cannot be reached").And.Contain("default/tracker");
        (await AskAsync("--data", Data, "--no-network")).Exit.Should().Be(ExitCodes.Ok);
    }

    [Fact]
    public async Task WrongKey_OpenFile_AndUnusableCertificate_AreEachNamed()
    {
        string folder = Directory.CreateTempSubdirectory("behalf-doctor-").FullName;
        try
        {
            string key = Path.Combine(folder, "other.key");
            (await BehalfServerCommand.RunAsync(["keys", "init", "--out", key], TextWriter.Null)).Should().Be(0);
            string certificate = Path.Combine(folder, "server.pem");
            await File.WriteAllTextAsync(certificate, "no certificate", Cancellation);

            (int exit, _, string[] wrong) = await AskAsync(
                "--data",
                Data,
                "--no-network",
                "--root-key",
                key,
                "--cert",
                certificate
            );

            exit.Should().Be(ExitCodes.Failed);
            wrong.Should().HaveCount(2);
            wrong.Should().Contain(text => text.StartsWith("key ring: ") && text.Contains("do not open"));
            wrong.Should().Contain(text => text.Contains("server.pem"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task FolderThatIsNotThere_IsSaid()
    {
        (int exit, _, string[] wrong) = await AskAsync("--data", Path.Combine(Data, "none"));

        exit.Should().Be(ExitCodes.Failed);
        wrong.Should().Contain(text => text.Contains("does not exist"));
    }
}
