using Behalf.Agent.Tests.Infrastructure;
using Behalf.PracticeModel;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Agent.Tests;

public sealed class MisbehavingModelTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static readonly ScriptedResponse Done = ScriptedResponse.Say("done");

    private static ScriptedBlock List(string? id = null) =>
        ScriptedBlock.OfToolUse("acme_list_my_tasks", """{"status":"open"}""", id);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task CutStream_ExecutesNothing_AndIsTriedOnceMore(int events)
    {
        var prompt = $"cut after {events}";
        agent.Play(prompt, ScriptedResponse.Use(List(), List()) with { CutAfterEvents = events }, Done);
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync(prompt, alice);

        alice.Calls.Should().BeEmpty();
        run.All<AgentEvent.Retrying>().Should().ContainSingle();
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task StreamCutTwice_IsAClearFailure()
    {
        agent.Play("cut twice", ScriptedResponse.Use(List()) with { CutAfterEvents = 4, Times = 2 });
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("cut twice", alice);

        alice.Calls.Should().BeEmpty();
        run.Completed.Stop.Should().Be(AgentStop.ModelFailed);
        run.Completed.Text.Should().Contain("cut");
    }

    [Fact]
    public async Task ResetConnection_ExecutesNothing()
    {
        agent.Play("reset", ScriptedResponse.Use(List()) with { CutAfterEvents = 6, ResetConnection = true }, Done);
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("reset", alice);

        alice.Calls.Should().BeEmpty();
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task AnswerCutByItsOwnLimit_ExecutesNothing()
    {
        agent.Play("length", ScriptedResponse.Use(List()) with { StopReason = "max_tokens" });
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("length", alice);

        alice.Calls.Should().BeEmpty();
        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.OutputTokens);
        run.Completed.Stop.Should().Be(AgentStop.LimitReached);
    }

    [Fact]
    public async Task ToolNotOffered_IsAnErrorResult()
    {
        agent.Play("unknown", ScriptedResponse.Use(ScriptedBlock.OfToolUse("acme_drop_everything")), Done);
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("unknown", alice);

        alice.Calls.Should().BeEmpty();
        run.All<AgentEvent.ToolReturned>().Single().Ok.Should().BeFalse();
        run.Completed.Text.Should().Be("done");
        (await agent.LastRequestAsync("unknown")).ToJsonString().Should().Contain("unknown_tool");
    }

    [Fact]
    public async Task ToolThatThereIsButNotForThisUser_IsRefusedWithTheReason()
    {
        agent.Play("refused", ScriptedResponse.Use(ScriptedBlock.OfToolUse("acme_drop_everything")), Done);
        FakeUser alice = new() { Refusal = "The grant lacks everything:delete." };

        var run = await agent.RunAsync("refused", alice);

        run.Completed.Text.Should().Be("done");
        var told = (await agent.LastRequestAsync("refused")).ToJsonString();
        told.Should().Contain("unknown_tool").And.Contain("The grant lacks everything:delete.");
        told.Should().NotContain("Only the provider knows.").And.NotContain("offers this tool.");
    }

    [Theory]
    [InlineData("{\"status\":", "broken")]
    [InlineData("[1,2]", "list")]
    [InlineData("\"text\"", "text")]
    public async Task ArgumentsThatAreNoObject_AreNeverRun(string input, string prompt)
    {
        agent.Play(
            $"input {prompt}",
            ScriptedResponse.Use(ScriptedBlock.OfToolUse("acme_list_my_tasks", input)),
            Done,
            Done
        );
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync($"input {prompt}", alice);

        alice.Calls.Should().BeEmpty();
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task CallIdUsedTwice_RunsOnce()
    {
        agent.Play(
            "same id",
            ScriptedResponse.Use(List("same"), List("same")),
            ScriptedResponse.Use(List("same")),
            Done
        );
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("same id", alice);

        alice.Calls.Should().ContainSingle();
        run.All<AgentEvent.ToolReturned>().Count(returned => returned.Ok).Should().Be(1);
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task HundredParallelCalls_RunUpToTheLimit_AndTheRestAreErrors()
    {
        agent.Play("hundred", ScriptedResponse.Use([.. Enumerable.Range(0, 100).Select(_ => List())]), Done);
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("hundred", alice);

        alice.Calls.Should().HaveCount(16);
        run.All<AgentEvent.ToolReturned>().Count(returned => !returned.Ok).Should().Be(84);
        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.CallsPerTurn);
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task CallsInAll_AreBounded()
    {
        agent.Play("many", ScriptedResponse.Use(List(), List(), List()) with { Times = 3 }, Done);
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("many", alice, new AgentOptions { Limits = new AgentLimits { Calls = 4 } });

        alice.Calls.Should().HaveCount(4);
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task Turns_AreBounded_AndTheLastOnesCallsDoNotRun()
    {
        agent.Play("endless", ScriptedResponse.Use(List()) with { Times = 50 });
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync("endless", alice, new AgentOptions { Limits = new AgentLimits { Turns = 5 } });

        alice.Calls.Should().HaveCount(4);
        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.Turns);
        run.Completed.Text.Should().Contain("5 turns");
    }

    [Fact]
    public async Task Tokens_AreBounded()
    {
        agent.Play("dear", ScriptedResponse.Use(List()) with { Times = 50, InputTokens = 900, OutputTokens = 200 });
        var alice = FakeUser.WithTasks();

        var run = await agent.RunAsync(
            "dear",
            alice,
            new AgentOptions { Limits = new AgentLimits { TotalTokens = 2_000 } }
        );

        alice.Calls.Should().ContainSingle();
        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.TotalTokens);
        run.Completed.Usage.TotalTokens.Should().Be(2_200);
    }

    [Fact]
    public async Task Cost_IsBounded()
    {
        agent.Play("costly", ScriptedResponse.Use(List()) with { Times = 50, OutputTokens = 1_000 });

        var run = await agent.RunAsync(
            "costly",
            FakeUser.WithTasks(),
            new AgentOptions
            {
                Limits = new AgentLimits { Cost = 2.5m, Price = usage => usage.OutputTokens / 1000m },
            }
        );

        run.Completed.Usage.Turns.Should().Be(3);
        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.Cost);
    }

    [Fact]
    public async Task Time_IsBounded_EvenInsideATool()
    {
        var clock = new FakeTimeProvider();
        var user = new FakeUser().Tool(
            "acme_list_projects",
            "Lists projects.",
            "",
            async (_, cancellation) =>
            {
                clock.Advance(TimeSpan.FromMinutes(11));
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
                return FakeUser.Ok("{}");
            },
            readOnly: true
        );

        var run = await agent.RunAsync("List my projects", user, clock: clock);

        run.All<AgentEvent.LimitReached>().Single().Limit.Should().Be(AgentLimit.WallTime);
        run.Completed.Stop.Should().Be(AgentStop.LimitReached);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(529)]
    public async Task PassingTrouble_IsWaitedOut(int status)
    {
        var prompt = $"trouble {status}";
        agent.Play(
            prompt,
            new ScriptedResponse
            {
                Error = new ScriptedError { Status = status },
                Times = 2,
            },
            Done
        );

        var run = await RunAdvancingAsync(prompt);

        run.All<AgentEvent.Retrying>().Select(retry => retry.Delay.TotalSeconds).Should().Equal(1, 2);
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task LastingTrouble_IsAClearFailure()
    {
        agent.Play(
            "overloaded for good",
            new ScriptedResponse
            {
                Error = new ScriptedError { Status = 529 },
                Times = 100,
            }
        );

        var run = await RunAdvancingAsync("overloaded for good");

        run.All<AgentEvent.Retrying>().Should().HaveCount(3);
        run.Completed.Stop.Should().Be(AgentStop.ModelFailed);
        run.Completed.Text.Should().Contain("overloaded");
    }

    [Fact]
    public async Task OverloadInMidStream_IsWaitedOut_AndNothingRan()
    {
        agent.Play(
            "mid stream",
            ScriptedResponse.Use(List()) with
            {
                Error = new ScriptedError { Status = 529, AfterEvents = 6 },
            },
            Done
        );

        var run = await RunAdvancingAsync("mid stream");

        run.All<AgentEvent.ToolCalling>().Should().BeEmpty();
        run.Completed.Text.Should().Be("done");
    }

    [Fact]
    public async Task WrongKey_IsNotTriedAgain_AndSaysWhatToCheck()
    {
        agent.Play(
            "wrong key",
            new ScriptedResponse
            {
                Error = new ScriptedError { Status = 401 },
                Times = 9,
            }
        );

        var run = await agent.RunAsync("wrong key", FakeUser.WithTasks());

        run.All<AgentEvent.Retrying>().Should().BeEmpty();
        run.Completed.Text.Should().Contain("ANTHROPIC_API_KEY");
    }

    [Fact]
    public async Task AnswerThatIsNoStream_IsAClearFailure()
    {
        agent.Play("garbage", new ScriptedResponse { RawBody = "<html>busy</html>", Times = 9 });

        var run = await RunAdvancingAsync("garbage");

        run.Completed.Stop.Should().Be(AgentStop.ModelFailed);
    }

    [Fact]
    public async Task Refusal_IsSaid()
    {
        agent.Play("refuse", ScriptedResponse.Say("I would rather not.") with { StopReason = "refusal" });

        var run = await agent.RunAsync("refuse", FakeUser.WithTasks());

        run.Completed.Stop.Should().Be(AgentStop.Declined);
    }

    /// <summary>Moves the clock on whenever the run waits.</summary>
    private async Task<Run> RunAdvancingAsync(string prompt)
    {
        var clock = new FakeTimeProvider();
        var events = new List<AgentEvent>();
        var options = new AgentOptions { Limits = new AgentLimits { WallTime = TimeSpan.FromHours(10) } };
        using var over = new CancellationTokenSource();
        var ticking = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(100));
                    await Task.Yield();
                }
            },
            AgentFixture.Cancellation
        );
        await foreach (
            var happened in agent
                .Agent(clock)
                .RunAsync(prompt, FakeUser.WithTasks(), options, AgentFixture.Cancellation)
        )
        {
            events.Add(happened);
        }

        await over.CancelAsync();
        await ticking;
        return new Run(events);
    }
}
