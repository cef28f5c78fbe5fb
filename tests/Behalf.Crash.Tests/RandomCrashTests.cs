using System.Globalization;
using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>
/// The server is killed wherever a seed says while it refreshes at a provider that rotates, writes, and connects somebody
/// new, again and again on one folder.
/// </summary>
public sealed class RandomCrashTests(Victim victim) : IClassFixture<Victim>
{
    private const int Rounds = 5;
    private const int MilestonesOfTenCalls = 60;
    private const string User = "alice";
    private const string TaskName = "Random crash";

    [Fact]
    public async Task EverythingAcknowledgedIsThere_AndNoTokenIsLost_WhenTheServerIsKilledAtRandom()
    {
        int seed = Environment.GetEnvironmentVariable("BEHALF_CRASH_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"BEHALF_CRASH_SEED={seed}");
        Random random = new(seed);
        await victim.FaultsAsync(new JsonObject { ["rotation"] = "strict" });
        await victim.ConnectAsync(User);
        await victim.KillAsync();
        int acknowledged = 0;
        for (int round = 0; round < Rounds; round++)
        {
            await victim.FaultsAsync(new JsonObject { ["expire_access_tokens"] = true });
            await victim.MakeDueAsync(User);
            int refreshed = await RefreshesAsync();
            string newcomer = $"newcomer {round}";
            int count = random.Next(1, MilestonesOfTenCalls);
            int delay = random.Next(2) * random.Next(1, 30);
            if (await victim.StartDoomedAsync("*", count, delay))
            {
                await Task.WhenAll(
                    Aftermath.SurviveAsync(() => victim.ConnectAsync(newcomer, "bob")),
                    Aftermath.SurviveAsync(async () =>
                    {
                        for (int call = 0; call < MilestonesOfTenCalls; call++)
                        {
                            if (await WriteAsync() is ToolOutcome.Succeeded)
                            {
                                acknowledged++;
                            }
                        }
                    })
                );
            }

            await victim.DeathAsync();
            await victim.StartAsync();
            await IsKeptAsync(wasAnswered: await RefreshesAsync() > refreshed);
            await IsConnectedOrNotAsync(newcomer);
            await victim.KillAsync();
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

    /// <summary>
    /// The account works on. Only a pair that the provider had just given can have died with the process: then the account
    /// says so, and the user connects again.
    /// </summary>
    private async Task IsKeptAsync(bool wasAnswered)
    {
        if (await victim.CallAsync(User, "asana_get_me", []) is not ToolOutcome.Failed lost)
        {
            return;
        }

        wasAnswered.Should().BeTrue($"no refresh was answered, so nothing can be lost: {lost}");
        lost.NeedsAuthorization.Should().BeTrue(lost.ToString());
        (await victim.StatusAsync(User)).Should().Be("EXPIRED");
        await victim.ConnectAsync(User);
        await victim.WorksAsync(User);
    }

    /// <summary>Nothing between: whoever is not connected can connect at once.</summary>
    private async Task IsConnectedOrNotAsync(string newcomer)
    {
        string? status = await victim.StatusAsync(newcomer);
        if (status != "ACTIVE")
        {
            status.Should().BeOneOf(null, "PENDING_AUTH", "PENDING_VERIFICATION");
            await victim.ConnectAsync(newcomer, "bob");
            (await victim.StatusAsync(newcomer)).Should().Be("ACTIVE");
        }

        await victim.WorksAsync(newcomer);
    }

    /// <summary>How many requests to the token endpoint the provider granted the user so far.</summary>
    private async Task<int> RefreshesAsync() =>
        (await victim.RequestsOfAsync("alice")).Count(request => request == "POST /-/oauth_token 200");

    private Task<ToolOutcome> WriteAsync() =>
        victim.CallAsync(User, "asana_create_task", Aftermath.TaskNamed(TaskName));
}
