using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>
/// The server is killed while it refreshes, after the old access token has ended at the provider: what works afterwards
/// does so by a token that was refreshed.
/// </summary>
public sealed class RefreshCrashTests(Victim victim) : IClassFixture<Victim>
{
    public static TheoryData<string> Points() =>
        new(
            Milestone.RefreshLeaseTaken,
            Milestone.RefreshAttemptCommitted,
            Milestone.RefreshTokensReceived,
            Milestone.RefreshCommitted
        );

    [Theory]
    [MemberData(nameof(Points))]
    public async Task NoTokenIsLost_WhenTheServerDiesWhileRefreshing(string milestone)
    {
        string user = $"kept at {milestone}";
        await DieRefreshingAsync(user, milestone, rotation: "none");

        await victim.WorksAsync(user);
        (await victim.StatusAsync(user)).Should().Be("ACTIVE");
        await victim.TrailIsWholeAsync();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task AccountWorksOrSaysThatItMustReconnect_WhenTheServerDiesWhileARotatingProviderRefreshes(
        string milestone
    )
    {
        string user = $"rotated at {milestone}";
        await DieRefreshingAsync(user, milestone, rotation: "strict");

        // Only there the new pair dies with the process, and the provider takes the old one no more.
        if (milestone == Milestone.RefreshTokensReceived)
        {
            ToolOutcome outcome = await victim.CallAsync(user, "asana_get_me", []);
            outcome.Should().BeOfType<ToolOutcome.Failed>().Which.NeedsAuthorization.Should().BeTrue();
            (await victim.StatusAsync(user)).Should().Be("EXPIRED");
            await victim.ConnectAsync(user);
        }

        await victim.WorksAsync(user);
        (await victim.StatusAsync(user)).Should().Be("ACTIVE");
        await victim.TrailIsWholeAsync();
    }

    /// <summary>The doomed server finds the refresh due by itself; the restarted one serves when this returns.</summary>
    private async Task DieRefreshingAsync(string user, string milestone, string rotation)
    {
        await victim.FaultsAsync(new JsonObject { ["rotation"] = rotation });
        await victim.StartAsync();
        await victim.ConnectAsync(user);
        await victim.KillAsync();
        await victim.FaultsAsync(new JsonObject { ["expire_access_tokens"] = true });
        await victim.MakeDueAsync(user);
        await victim.StartDoomedAsync(milestone);
        await victim.DeathAsync();
        await victim.StartAsync();
    }
}
