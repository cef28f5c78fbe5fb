using Behalf.Cli.Settings;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Tests;

public sealed class SecretFileTests : IDisposable
{
    private readonly FakeSurroundings _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ASecret_IsReadableByItsOwnerOnly()
    {
        var path = Path.Combine(_machine.Home, "client.json");
        using (var file = SecretFile.Reserve(path, replace: false))
        {
            file.Write(new { ClientSecret = "s" });
        }

        File.ReadAllText(path).Should().Contain("\"client_secret\": \"s\"");
        Directory.GetFiles(_machine.Home).Should().Equal(path);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void AFileThatExists_IsNotWrittenOver_UnlessAsked()
    {
        var path = _machine.Write("client.json", "old");

        var reserve = () => SecretFile.Reserve(path, replace: false);
        reserve.Should().Throw<CommandFailure>().Which.ExitCode.Should().Be(ExitCode.Usage);

        using (var file = SecretFile.Reserve(path, replace: true))
        {
            file.Write(new { Value = "new" });
        }
        File.ReadAllText(path).Should().Contain("new");
    }

    [Fact]
    public void AFailureAfterwards_LeavesNothing_AndTheOldFileStays()
    {
        var path = _machine.Write("client.json", "old");

        SecretFile.Reserve(path, replace: true).Dispose();

        Directory.GetFiles(_machine.Home).Should().Equal(path);
        File.ReadAllText(path).Should().Be("old");
    }

    [Fact]
    public void AFolderThatCannotBeWritten_IsSaid_BeforeASecretIsMade()
    {
        var reserve = () => SecretFile.Reserve(Path.Combine(_machine.Home, "missing", "client.json"), replace: false);

        reserve.Should().Throw<CommandFailure>().Which.ExitCode.Should().Be(ExitCode.Failed);
    }
}
