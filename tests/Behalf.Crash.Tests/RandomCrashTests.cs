using System.Globalization;
using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>The server is killed wherever a seed says while it refreshes and writes, again and again on one folder.</summary>
public sealed class RandomCrashTests(Victim victim) : IClassFixture<Victim>
{
    private const int Rounds = 5;
    private const int MilestonesOfTenCalls = 60;
    private const string User = "alice";
    private const string TaskName = "Random crash";

    [Fact]
    public async Task EverythingAcknowledgedIsThere_WhenTheServerIsKilledAtRandom()
    {
        int seed = Environment.GetEnvironmentVariable("BEHALF_CRASH_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"BEHALF_CRASH_SEED={seed}");
        Random random = new(seed);
        await victim.ConnectAsync(User);
        await victim.KillAsync();
        int acknowledged = 0;
        for (int round = 0; round < Rounds; round++)
        {
            await victim.MakeDueAsync(User);
            int count = random.Next(1, MilestonesOfTenCalls);
            int delay = random.Next(2) * random.Next(1, 30);
            if (await victim.StartDoomedAsync("*", count, delay))
            {
                await Aftermath.SurviveAsync(async () =>
                {
                    for (int call = 0; call < MilestonesOfTenCalls; call++)
                    {
                        if (await WriteAsync() is ToolOutcome.Succeeded)
                        {
                            acknowledged++;
                        }
                    }
                });
            }

            await victim.DeathAsync();
        }

        await victim.StartAsync();
        await victim.WorksAsync(User);
        await victim.TrailIsWholeAsync();
        int made = await victim.TasksNamedAsync(TaskName);
        made.Should().BeInRange(acknowledged, acknowledged + Rounds, "at most one call of each round was under way");
        List<AuditRecord> records = await victim.RecordsAsync(User);
        records
            .Count(record => record is { Kind: "completion", Outcome: "success", Tool: "asana_create_task" })
            .Should()
            .BeInRange(acknowledged, made, "what was acknowledged is in the trail, and nothing that is not there");
    }

    private Task<ToolOutcome> WriteAsync() =>
        victim.CallAsync(User, "asana_create_task", Aftermath.TaskNamed(TaskName));
}
