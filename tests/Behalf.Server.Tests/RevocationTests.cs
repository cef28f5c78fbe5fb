using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Stopping many accounts at once, and the ledger that says what became of each.</summary>
public sealed class RevocationTests(Stage stage) : IClassFixture<Stage>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Task<Reply> RevokeAsync(string token, object body) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/accounts:revoke",
            token,
            JsonSerializer.Serialize(body)
        );

    private async Task<JsonElement[]> LedgerAsync(string query, string? token = null)
    {
        Reply ledger = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/behalf/revocations?{query}",
            token ?? stage.Server.ServiceToken
        );
        ledger.Status.Should().Be(200, ledger.Body);
        return [.. ledger.Json.GetProperty("revocations").EnumerateArray()];
    }

    private async Task<string> StateAsync(string identifier, string connection) =>
        (await stage.AccountAsync(identifier, connection)).GetProperty("status").GetString()!;

    [Fact]
    public async Task ConnectionsAccounts_AreStoppedTogether_AndNoOthers()
    {
        await stage.AddConnectionAsync("tracker-all", "all-client", "all-secret-of-a-client");
        string alice = await stage.ConnectAsync("alice-all", "tracker-all");
        string bob = await stage.ConnectAsync("bob-all", "tracker-all");
        await stage.ConnectAsync("alice-all");

        Reply stopped = await RevokeAsync(stage.Server.ServiceToken, new { connection = "tracker-all" });

        stopped.Status.Should().Be(200, stopped.Body);
        stopped
            .Json.GetProperty("accounts")
            .EnumerateArray()
            .Select(account => account.GetProperty("id").GetString())
            .Should()
            .BeEquivalentTo(alice, bob);
        stopped.Json.GetProperty("more").GetBoolean().Should().BeFalse();
        (await StateAsync("alice-all", "tracker-all")).Should().Be("DISCONNECTED");
        (await StateAsync("bob-all", "tracker-all")).Should().Be("DISCONNECTED");
        (await StateAsync("alice-all", Stage.Connection)).Should().Be("ACTIVE");
        Reply again = await RevokeAsync(stage.Server.ServiceToken, new { connection = "tracker-all" });
        again.Json.GetProperty("accounts").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Ledger_HasEachStopFromItsAcknowledgement_AndTheProvidersAnswerOnceItCame()
    {
        await stage.AddConnectionAsync("tracker-ledger", "ledger-client", "ledger-secret-of-a-client");
        string account = await stage.ConnectAsync("carol-ledger", "tracker-ledger");
        await RevokeAsync(stage.Server.ServiceToken, new { connection = "tracker-ledger" });

        JsonElement[] entries;
        using CancellationTokenSource limit = new(Patience);
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            entries = await LedgerAsync("identifier=carol-ledger&connection=tracker-ledger");
            entries.Should().ContainSingle("it stands there from the acknowledgement on");
        } while (!entries[0].TryGetProperty("finished_at", out JsonElement at) || at.ValueKind == JsonValueKind.Null);

        entries[0].GetProperty("account_id").GetString().Should().Be(account);
        entries[0].GetProperty("proof").GetString().Should().StartWith("provider_status_");
        entries[0].GetProperty("generation").ToString().Should().Be("1");
        (await LedgerAsync("identifier=nobody-ledger")).Should().BeEmpty();
        (await LedgerAsync("", stage.Server.ForeignToken))
            .Should()
            .BeEmpty("the ledger of another environment is its own");
    }

    [Fact]
    public async Task Ledger_ShowsALimitedCredentialItsOwnConnectionsOnly()
    {
        await stage.AddConnectionAsync("tracker-beyond", "beyond-client", "beyond-secret-of-a-client");
        await stage.ConnectAsync("dave-ledger", "tracker-beyond");
        await RevokeAsync(stage.Server.ServiceToken, new { connection = "tracker-beyond" });
        string limited = await TestEnvironment.ClientTokenAsync(stage.Server, connections: [Stage.Connection]);

        (await LedgerAsync("identifier=dave-ledger")).Should().ContainSingle();
        (await LedgerAsync("identifier=dave-ledger", limited)).Should().BeEmpty();
        (await RevokeAsync(limited, new { connection = "tracker-beyond" })).Status.Should().Be(404);
    }

    [Fact]
    public async Task WholeEnvironment_IsRevokedByTheOperatorOnly()
    {
        await using TestServer server = new();
        await server.InitializeAsync();

        Reply service = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/accounts:revoke",
            server.ServiceToken,
            "{}"
        );
        Reply op = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/accounts:revoke",
            server.OperatorToken,
            "{}"
        );

        service.Status.Should().Be(403, service.Body);
        op.Status.Should().Be(200, op.Body);
    }
}
