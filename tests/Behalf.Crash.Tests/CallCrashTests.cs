using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>The server is killed during a write: it was done or not, never twice, and the trail says what is known.</summary>
public sealed class CallCrashTests(Victim victim) : IClassFixture<Victim>
{
    // Read steps come first; the answer in question is the write's.
    private const string WriteAnswered = $"{Milestone.RequestCommitted}>{Milestone.UpstreamAnswered}";

    [Theory]
    [InlineData(Milestone.IntentCommitted, 0, "outcome_unknown")]
    [InlineData(Milestone.RequestCommitted, 0, "outcome_unknown")]
    [InlineData(WriteAnswered, 1, "outcome_unknown")]
    [InlineData(Milestone.CallCompleted, 1, "success")]
    public async Task NoWriteIsDoneTwice_AndTheTrailSaysWhatIsKnown_WhenTheServerDiesDuringACall(
        string milestone,
        int made,
        string outcome
    )
    {
        string user = $"writes at {milestone}";
        string task = $"Survive {milestone}";
        await victim.StartAsync();
        await victim.ConnectAsync(user);
        await victim.StartDoomedAsync(milestone);
        await Aftermath.SurviveAsync(() => victim.CallAsync(user, "asana_create_task", Aftermath.TaskNamed(task)));
        await victim.DeathAsync();

        await victim.StartAsync();
        List<AuditRecord> records = await victim.RecordsAsync(user);
        records
            .Should()
            .ContainSingle(record => record.Kind == "completion" && record.Tool == "asana_create_task")
            .Which.Outcome.Should()
            .Be(outcome);
        bool mayBeSent = records.Exists(record => record.Kind == "request");
        mayBeSent.Should().Be(milestone != Milestone.IntentCommitted, "each write is recorded before it is sent");
        await victim.WorksAsync(user);
        await victim.TrailIsWholeAsync();
        (await victim.TasksNamedAsync(task)).Should().Be(made);
    }
}
