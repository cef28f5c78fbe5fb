using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>A key outlives the process: its call is never made a second time, and the repeat is told what is known.</summary>
public sealed class RepeatCrashTests(Victim victim) : IClassFixture<Victim>
{
    private const string WriteAnswered = $"{Milestone.RequestCommitted}>{Milestone.UpstreamAnswered}";

    [Theory]
    [InlineData(Milestone.IntentCommitted, 0)]
    [InlineData(WriteAnswered, 1)]
    public async Task RepeatWithTheKey_IsToldThatNobodyKnows_WhenTheServerDiedBetweenIntentAndAnswer(
        string milestone,
        int made
    )
    {
        string user = $"repeats at {milestone}";
        string task = $"Once {milestone}";
        string key = $"key {milestone}";
        await victim.StartAsync();
        await victim.ConnectAsync(user);
        await victim.StartDoomedAsync(milestone);
        await Aftermath.SurviveAsync(() => victim.CallAsync(user, "asana_create_task", Aftermath.TaskNamed(task), key));
        await victim.DeathAsync();

        await victim.StartAsync();
        ToolOutcome repeat = await victim.CallAsync(user, "asana_create_task", Aftermath.TaskNamed(task), key);

        ToolOutcome.Failed failed = repeat.Should().BeOfType<ToolOutcome.Failed>().Subject;
        (failed.Kind, failed.Code).Should().Be((BehalfErrorKind.ToolError, "outcome_unknown"));
        failed
            .ExecutionId.Should()
            .Be((await victim.RecordsAsync(user)).First(record => record.Tool == "asana_create_task").ExecutionId);
        (await victim.TasksNamedAsync(task)).Should().Be(made);
        await victim.TrailIsWholeAsync();
    }

    [Fact]
    public async Task RepeatWithTheKey_GetsTheStoredAnswer_WhenTheServerDiedBeforeItCouldGiveIt()
    {
        const string user = "repeats afterwards";
        const string task = "Once and answered";
        await victim.StartAsync();
        await victim.ConnectAsync(user);
        await victim.StartDoomedAsync(Milestone.CallCompleted);
        await Aftermath.SurviveAsync(() =>
            victim.CallAsync(user, "asana_create_task", Aftermath.TaskNamed(task), "answered")
        );
        await victim.DeathAsync();

        await victim.StartAsync();
        ToolOutcome repeat = await victim.CallAsync(user, "asana_create_task", Aftermath.TaskNamed(task), "answered");

        repeat.Should().BeOfType<ToolOutcome.Succeeded>(repeat.ToString());
        (await victim.TasksNamedAsync(task)).Should().Be(1);
    }
}
