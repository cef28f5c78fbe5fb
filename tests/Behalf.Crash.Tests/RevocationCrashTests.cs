using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Crash.Tests;

/// <summary>The server is killed between stopping an account and ending its grant at the provider: both still happen.</summary>
public sealed class RevocationCrashTests(Victim victim) : IClassFixture<Victim>
{
    private const string Revoked = "POST /-/oauth_revoke 200";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcknowledgedRevoke_IsCarriedOutAtTheProvider_WhenTheServerDiesBeforeItIs()
    {
        const string Person = "alice";
        await victim.StartAsync();
        ConnectedAccount account = await ConnectedAsync(Person);
        await victim.FaultsAsync(
            new JsonObject
            {
                ["rules"] = new JsonArray(
                    new JsonObject
                    {
                        ["match"] = new JsonObject { ["path_prefix"] = "/-/oauth_revoke" },
                        ["kind"] = "delay",
                        ["delay_ms"] = 600_000,
                    }
                ),
            }
        );
        ConnectedAccount acknowledged = await victim.Behalf.Accounts.DisconnectAsync(account.Id, Cancellation);
        acknowledged.Status.Should().Be("DISCONNECTED");
        await ProviderIsAskedAsync();
        await victim.KillAsync();
        (await victim.RequestsOfAsync(Person)).Should().NotContain(Revoked);

        await EndsAsync(Person);
    }

    [Theory]
    [InlineData(Milestone.RevokeCommitted, "bob")]
    [InlineData(Milestone.RevokeAnswered, "carol")]
    public async Task CommittedRevoke_IsCarriedOutAtTheProvider_WhenTheServerDies(string milestone, string person)
    {
        await victim.StartDoomedAsync(milestone);
        ConnectedAccount account = await ConnectedAsync(person);
        await Aftermath.SurviveAsync(() => victim.Behalf.Accounts.DisconnectAsync(account.Id, Cancellation));
        await victim.DeathAsync();

        await EndsAsync(person);
    }

    private async Task<ConnectedAccount> ConnectedAsync(string person)
    {
        await victim.ConnectAsync(person, person);
        await victim.WorksAsync(person);
        return await victim.Behalf.Accounts.GetAsync("asana", person, Cancellation);
    }

    /// <summary>The request that the fault holds up has used the fault.</summary>
    private Task ProviderIsAskedAsync() =>
        Aftermath.ComesAsync(
            async () => await victim.FaultsLeftAsync() == 0 ? victim : null,
            "the server asks the provider to revoke"
        );

    private async Task EndsAsync(string person)
    {
        await victim.StartAsync();
        (await victim.StatusAsync(person)).Should().Be("DISCONNECTED");
        ToolOutcome refused = await victim.CallAsync(person, "asana_get_me", []);
        refused.Should().BeOfType<ToolOutcome.Failed>().Which.NeedsAuthorization.Should().BeTrue();

        AuditRecord end = await Aftermath.ComesAsync(
            async () => (await victim.RecordsAsync(person)).Find(record => record.Action == "account.revoked_upstream"),
            "the trail says that the grant ended"
        );
        end.Outcome.Should().Be("provider_status_200");
        IReadOnlyList<string> requests = await victim.RequestsOfAsync(person);
        requests.Should().Contain(Revoked);
        requests
            .Count(request => request.StartsWith("GET /api/", StringComparison.Ordinal))
            .Should()
            .Be(1, "no call started");
        await victim.TrailIsWholeAsync();
    }
}
