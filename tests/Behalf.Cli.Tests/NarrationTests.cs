using Behalf.Agent;
using Behalf.Cli.Commands.Agent;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Tests;

public sealed class NarrationTests : IDisposable
{
    private readonly FakeSurroundings _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ARun_IsToldAsItHappens()
    {
        var code = Tell(
            new AgentEvent.Discovered("run_1", 25, []),
            new AgentEvent.TextDelta("I will look."),
            new AgentEvent.ToolCalling("c1", "some_tool", []),
            new AgentEvent.ToolReturned("c1", "some_tool", true, TimeSpan.Zero, "ok", "exe_1"),
            new AgentEvent.TextDelta("Task \uD83D"),
            new AgentEvent.TextDelta("\uDE00 created.\u001b[2J"),
            new AgentEvent.Completed("run_1", "Task created.", AgentUsage.None, AgentStop.Answered)
        );

        code.Should().Be(ExitCode.Ok);
        _machine
            .Out.ReplaceLineEndings("\n")
            .Should()
            .Be("Discovered 25 tools\nI will look.\n-> Calling: some_tool\nTask 😀 created.\uFFFD[2J\n");
    }

    [Fact]
    public void ARunWithoutAnActiveAccount_EndsWithThree_AndTheLinkOnStandardOutput()
    {
        var code = Tell(
            new AgentEvent.AuthorizationRequired("work", "EXPIRED", new Uri("https://behalf.acme.com/magicLink/x")),
            new AgentEvent.Completed(
                "run_1",
                "carol must reconnect work.",
                AgentUsage.None,
                AgentStop.AuthorizationRequired
            )
        );

        code.Should().Be(ExitCode.NeedsAuthorization);
        _machine.Out.Should().Contain("https://behalf.acme.com/magicLink/x");
        _machine.Error.Should().Contain("carol must reconnect work.");
    }

    [Theory]
    [InlineData(AgentStop.ModelFailed)]
    [InlineData(AgentStop.ServerFailed)]
    [InlineData(AgentStop.LimitReached)]
    public void ARunThatDidNotAnswer_EndsWithOne(AgentStop stop)
    {
        Tell(new AgentEvent.Completed("run_1", "It did not work out.", AgentUsage.None, stop))
            .Should()
            .Be(ExitCode.Failed);

        _machine.Error.Should().Contain("It did not work out.");
    }

    private int Tell(params AgentEvent[] events)
    {
        var narration = new Narration(new Report(_machine.Make(), isJson: false));
        foreach (var happened in events)
        {
            narration.Tell(happened);
        }
        return narration.ExitCode;
    }
}
