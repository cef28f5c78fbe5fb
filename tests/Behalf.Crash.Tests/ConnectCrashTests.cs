using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>The server is killed while a user connects: the account is connected or it is not, nothing between.</summary>
public sealed class ConnectCrashTests(Victim victim) : IClassFixture<Victim>
{
    public static TheoryData<string> Points() =>
        new(
            Milestone.LinkCreated,
            Milestone.FlowStarted,
            Milestone.CodeStored,
            Milestone.VerifyCommitted,
            Milestone.TokensReceived,
            Milestone.AccountActive
        );

    [Theory]
    [MemberData(nameof(Points))]
    public async Task NoAccountIsHalfActive_WhenTheServerDiesWhileConnecting(string milestone)
    {
        string user = $"new at {milestone}";
        await victim.StartDoomedAsync(milestone);
        await Aftermath.SurviveAsync(() => victim.ConnectAsync(user));
        await victim.DeathAsync();

        await victim.StartAsync();
        if (milestone != Milestone.AccountActive)
        {
            (await victim.StatusAsync(user)).Should().BeOneOf("PENDING_AUTH", "PENDING_VERIFICATION");
            ToolOutcome refused = await victim.CallAsync(user, "asana_get_me", []);
            refused.Should().BeOfType<ToolOutcome.Failed>().Which.NeedsAuthorization.Should().BeTrue();
            await victim.ConnectAsync(user);
        }

        (await victim.StatusAsync(user)).Should().Be("ACTIVE");
        await victim.WorksAsync(user);
        await victim.TrailIsWholeAsync();
    }

    [Theory]
    [InlineData(Milestone.CodeStored)]
    [InlineData(Milestone.VerifyCommitted)]
    [InlineData(Milestone.TokensReceived)]
    [InlineData(Milestone.AccountActive)]
    public async Task AWorkingAccountWorksOn_WhenTheServerDiesWhileItConnectsAgain(string milestone)
    {
        string user = $"again at {milestone}";
        await victim.StartDoomedAsync(milestone, count: 2);
        await victim.ConnectAsync(user);
        await Aftermath.SurviveAsync(() => victim.ConnectAsync(user));
        await victim.DeathAsync();

        await victim.StartAsync();
        (await victim.StatusAsync(user)).Should().Be("ACTIVE");
        await victim.WorksAsync(user);
        await victim.TrailIsWholeAsync();
    }
}
