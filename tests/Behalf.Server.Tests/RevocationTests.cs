using System.Collections.Concurrent;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;

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

    private Task<Reply> RemoveAsync(string user) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:remove",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { identifier = user })
        );

    [Fact]
    public async Task RemovedUser_WhoComesBack_InheritsNothing()
    {
        string account = await stage.ConnectAsync("erin-removed");
        string bystander = await stage.ConnectAsync("dave-stays");
        JsonElement session = await stage.Server.SessionAsync("erin-removed");

        Reply removed = await RemoveAsync("erin-removed");

        removed.Status.Should().Be(200, removed.Body);
        removed.Json.GetProperty("accounts")[0].GetProperty("id").GetString().Should().Be(account);
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped", session.GetProperty("token").GetString()))
            .Status.Should()
            .Be(401, "the user's tokens have ended");
        (await RemoveAsync("erin-removed")).Status.Should().Be(404);
        (await RemoveAsync("nobody-was-here")).Status.Should().Be(404);

        // Somebody of the same name.
        (await stage.ExecuteAsync("erin-removed", "tracker_get_thing", new { thing = "1" }))
            .Status.Should()
            .NotBe(200);
        string connected = await stage.ConnectAsync("erin-removed");
        connected.Should().NotBe(account);
        (await stage.ExecuteAsync("erin-removed", "tracker_get_thing", new { thing = "1" })).Status.Should().Be(200);
        (await stage.AccountAsync("dave-stays", Stage.Connection)).GetProperty("id").GetString().Should().Be(bystander);
        (await stage.AuditAsync("identifier=erin-removed&page_size=1000"))
            .Select(record => record.GetProperty("action").GetString())
            .Should()
            .ContainInOrder("user.revoked", "account.disconnected", "account.deleted", "user.removed");
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

    /// <summary>More accounts than one request stops: most of them only asked to connect, some with tokens at two connections.</summary>
    [Fact]
    public async Task WholeEnvironment_IsStoppedInBundles_WithAReportOfEachAccount_AndNoOtherEnvironmentIsTouched()
    {
        const int Many = 512;
        TestEnvironment acme = await TestEnvironment.AddAsync(stage.Server);
        ProviderClient[] clients =
        [
            (await stage.AddConnectionAsync("tracker", "acme-one", "secret-of-acme-one-at-all", acme.Token)).Client,
            (await stage.AddConnectionAsync("board", "acme-two", "secret-of-acme-two-at-all", acme.Token)).Client,
        ];
        await stage.ConnectAsync("erin-elsewhere");
        string elsewhere = (await stage.Server.SessionAsync("erin-elsewhere")).GetProperty("token").GetString()!;
        ConcurrentBag<(string?, string?, string?)> accounts = [];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Many),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (i, _) =>
                accounts.Add(await CreateAsync(acme, clients, i % 2, $"user-{i}", isActive: i is >= 100 and < 106))
        );
        Reply minted = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            acme.Token,
            """{"identifier":"user-100"}"""
        );
        string session = minted.Json.GetProperty("token").GetString()!;
        object call = new { thing = "1" };
        (await stage.ExecuteAsync("user-100", "tracker_get_thing", call, session)).Status.Should().Be(200);

        Reply first = await RevokeAsync(stage.Server.OperatorToken, new { environment = acme.Slug });
        Reply second = await RevokeAsync(stage.Server.OperatorToken, new { environment = acme.Slug });
        Reply third = await RevokeAsync(stage.Server.OperatorToken, new { environment = acme.Slug });

        int sent = stage.CountApiRequests();
        (await stage.ExecuteAsync("user-100", "tracker_get_thing", call, session)).Status.Should().Be(401);
        for (int i = 100; i < 106; i++)
        {
            string tool = i % 2 == 0 ? "tracker_get_thing" : "board_get_thing";
            Reply late = await stage.ExecuteAsync($"user-{i}", tool, call, acme.Token);
            late.Status.Should().NotBe(200, late.Body);
        }

        stage.CountApiRequests().Should().Be(sent, "nobody's call left the server");
        (Stopped(first).Length, More(first)).Should().Be((500, true));
        (Stopped(second).Length, More(second)).Should().Be((Many - 500, false));
        (Stopped(third).Length, More(third)).Should().Be((0, false));
        Stopped(first).Concat(Stopped(second)).Should().BeEquivalentTo(accounts, "each account is named once");
        JsonElement[] ledger = await WholeLedgerAsync(acme.Token);
        ledger
            .Select(entry => entry.GetProperty("account_id").GetString())
            .Should()
            .BeEquivalentTo(accounts.Select(account => account.Item1));
        (await LedgerAsync("identifier=erin-elsewhere")).Should().BeEmpty();
        (await StateAsync("erin-elsewhere", Stage.Connection)).Should().Be("ACTIVE");
        (await stage.ExecuteAsync("erin-elsewhere", "tracker_get_thing", call, elsewhere)).Status.Should().Be(200);
        await Eventually.HoldsAsync(
            async () =>
                (await WholeLedgerAsync(acme.Token)).All(entry =>
                    entry.GetProperty("proof").GetString() is { Length: > 0 }
                ),
            "each entry has its proof"
        );
        (await WholeLedgerAsync(acme.Token))
            .Select(entry => entry.GetProperty("proof").GetString())
            .GroupBy(proof => proof)
            .Select(group => (group.Key, group.Count()))
            .Should()
            .BeEquivalentTo([("provider_status_200", 6), ("nothing_to_revoke", Many - 6)]);
        for (int i = 100; i < 106; i++)
        {
            stage.Provider.CountLiveGrants($"user-{i}").Should().Be(0);
        }
    }

    /// <returns>Id, connection and identifier, as the report names them.</returns>
    private async Task<(string?, string?, string?)> CreateAsync(
        TestEnvironment environment,
        ProviderClient[] clients,
        int which,
        string identifier,
        bool isActive
    )
    {
        string connection = which == 0 ? "tracker" : "board";
        (string access, string refresh) = isActive
            ? stage.Provider.GrantElsewhere(clients[which], identifier, "things")
            : (string.Empty, string.Empty);
        Reply created = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts",
            environment.Token,
            JsonSerializer.Serialize(
                new
                {
                    connector = connection,
                    identifier,
                    connected_account = new
                    {
                        authorization_details = new
                        {
                            oauth_token = new
                            {
                                access_token = access,
                                refresh_token = refresh,
                                scopes = new[] { "things" },
                            },
                        },
                    },
                }
            )
        );
        created.Status.Should().Be(200, created.Body);
        JsonElement account = created.Json.GetProperty("connected_account");
        account.GetProperty("status").GetString().Should().Be(isActive ? "ACTIVE" : "PENDING_AUTH");
        return (account.GetProperty("id").GetString(), connection, identifier);
    }

    private async Task<JsonElement[]> WholeLedgerAsync(string token)
    {
        List<JsonElement> entries = [];
        string page = string.Empty;
        do
        {
            Reply ledger = await stage.Server.SendAsync(
                HttpMethod.Get,
                $"/api/v1/behalf/revocations?page_size=500&page_token={page}",
                token
            );
            ledger.Status.Should().Be(200, ledger.Body);
            entries.AddRange(ledger.Json.GetProperty("revocations").EnumerateArray());
            page = ledger.Json.GetProperty("next_page_token").GetString()!;
        } while (page.Length > 0);

        return [.. entries];
    }

    private static bool More(Reply reply) => reply.Json.GetProperty("more").GetBoolean();

    private static (string?, string?, string?)[] Stopped(Reply reply)
    {
        reply.Status.Should().Be(200, reply.Body);
        return
        [
            .. reply
                .Json.GetProperty("accounts")
                .EnumerateArray()
                .Select(account =>
                    (
                        account.GetProperty("id").GetString(),
                        account.GetProperty("connection").GetString(),
                        account.GetProperty("identifier").GetString()
                    )
                ),
        ];
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
