using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;

namespace Behalf.Tests.Authorization;

public sealed class RevocationTests
{
    [Fact]
    public async Task Disconnecting_StopsUseAtOnce_ThenRevokesUpstream()
    {
        await using World world = await ConnectedAsync("alice", "bob");
        Result<ConnectedAccount> stopped = await DisconnectAsync(world, "alice");
        stopped.Value!.State.Should().Be(AccountState.Disconnected);
        stopped.Value.Reason.Should().Be(AccountReasons.Disconnected);
        (await world.StartCallAsync("alice")).Problem!.Code.Should().Be("account_not_active");
        world.Provider.Received.Should().NotContain(r => r.Endpoint == "revoke", "it is acknowledged before");

        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("alice").Should().Be(0);
        world.Provider.CountLiveGrants("bob").Should().Be(1);
        (await world.AuditAsync()).Should().Contain(r => r.Draft.Outcome == "provider_status_200");
        (await world.StartCallAsync("bob")).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task SharedGrant_IsNotRevokedUpstream_WhileAnotherAccountLives()
    {
        await using World world = await World.StartAsync();
        world.Client.RevokesWholeUser = true;
        await Browser.ConnectAsync(world, "alice", "shared-user");
        await Browser.ConnectAsync(world, "bob", "shared-user");
        await DisconnectAsync(world, "alice");
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.Received.Should().NotContain(r => r.Endpoint == "revoke");
        (await world.AuditAsync()).Should().Contain(r => r.Draft.Outcome == "not_revoked_shared_grant");
        (await world.StartCallAsync("bob")).Succeeded.Should().BeTrue();

        await DisconnectAsync(world, "bob");
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("shared-user").Should().Be(0);
    }

    /// <summary>The provider ends all grants of the user with the old one, after the person has connected anew.</summary>
    [Theory]
    [InlineData("alice")]
    [InlineData("bob")]
    public async Task WhoConnectsWhileTheSameUsersOldGrantIsBeingRevoked_IsToldSoon_NotByTheNextCall(string who)
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice", "shared-user");
        await Browser.ConnectAsync(world, "carol");
        world.Client.RevokesWholeUser = true;
        await DisconnectAsync(world, "alice");
        Gate gate = new();
        world.Client.NextRevokeReplies.Enqueue(new OddReply.Held(gate));
        Task revoking = world.Authorization.WorkAsync(World.Cancel);
        await gate.Arrived;
        await Browser.ConnectAsync(world, who, "shared-user");
        (await world.AccountAsync(who)).State.Should().Be(AccountState.Active);

        gate.Open();
        await revoking;
        world.Time.Advance(TimeSpan.FromMinutes(1)); // no token is refreshed earlier, and all of them end much later
        await world.Authorization.WorkAsync(World.Cancel);

        ConnectedAccount account = await world.AccountAsync(who);
        (account.State, account.Reason).Should().Be((AccountState.Expired, AccountReasons.RefreshRefused));
        world.Logs.Lines.Should().ContainSingle(line => line.Contains("1 accounts of the same provider user"));
        (await world.AccountAsync("carol")).State.Should().Be(AccountState.Active);
        world.Provider.Received.Count(r => r.Endpoint == "token" && r.User == "carol").Should().Be(1, "her exchange");
    }

    [Fact]
    public async Task NodeWhoseClockIsDaysAhead_GivesNothingUp()
    {
        await using World world = await ConnectedAsync("alice");
        await DisconnectAsync(world, "alice");
        world.Client.NextRevokeReplies.Enqueue(new OddReply.Text(500, "text/plain", "later"));
        DateTimeOffset there = world.Time.GetUtcNow();
        world.Time.Advance(Revoker.GiveUpAfter + TimeSpan.FromHours(1));
        world.Get<SharedClock>().Set(there, world.Time.GetUtcNow());

        await world.Authorization.WorkAsync(World.Cancel);

        world.Provider.Received.Should().ContainSingle(request => request.Endpoint == "revoke");
        (await world.AuditAsync()).Should().NotContain(record => record.Draft.Action == "account.revoked_upstream");
    }

    [Fact]
    public async Task FailingProvider_IsAskedAgain_AndGivenUpAfterThreeDays()
    {
        await using World world = await ConnectedAsync("alice");
        await DisconnectAsync(world, "alice");
        world.Client.NextRevokeReplies.Enqueue(OddReply.Json(503, "{}"));
        await world.Authorization.WorkAsync(World.Cancel);
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.Received.Count(r => r.Endpoint == "revoke").Should().Be(1, "it waits before the next try");
        world.Time.Advance(TimeSpan.FromHours(73));
        world.Client.NextRevokeReplies.Enqueue(OddReply.Json(500, "{}"));
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.AuditAsync()).Should().Contain(r => r.Draft.Outcome == "given_up_after_72_hours");
        (await world.Get<IRevocationStore>().DueAsync(10, [], World.Cancel)).Should().BeEmpty();
    }

    [Fact]
    public async Task AlreadyInvalidToken_IsProof()
    {
        await using World world = await ConnectedAsync("alice");
        await DisconnectAsync(world, "alice");
        world.Client.NextRevokeReplies.Enqueue(OddReply.Error("invalid_token"));
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.AuditAsync()).Should().Contain(r => r.Draft.Outcome == "provider_says_already_invalid");
    }

    [Fact]
    public async Task RevokingAUser_StopsEveryAccount_AndEndsTheUsersTokens()
    {
        await using World world = await ConnectedAsync("alice", "bob");
        Connection first = world.Connection;
        Connection other = await world.AddConnectionAsync("other", p => p, "client-2");
        await Browser.ConnectAsync(world, "alice", change: r => r with { Connection = other.Name });
        Identifier alice = Identifier.Parse("alice");
        UserEpoch? before = await world.Get<IEndUserStore>().FindAsync(world.Environment.Id, alice, World.Cancel);
        Result<IReadOnlyList<ConnectedAccount>> revoked = await world.Connections.RevokeUserAsync(
            world.Service,
            world.Environment.Id,
            alice,
            World.Cancel
        );
        revoked.Value.Should().HaveCount(2).And.OnlyContain(a => a.State == AccountState.Disconnected);
        revoked.Value.Should().OnlyContain(a => a.Reason == AccountReasons.Revoked);
        UserEpoch? after = await world.Get<IEndUserStore>().FindAsync(world.Environment.Id, alice, World.Cancel);
        after!.Value.Epoch.Should().BeGreaterThan(before!.Value.Epoch);
        (await world.AccountAsync("bob", first)).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task ReconnectedAccount_WorksAgain_WithANewKey()
    {
        await using World world = await ConnectedAsync("alice");
        SealedCredential old = await world.CredentialAsync("alice");
        await DisconnectAsync(world, "alice");
        await world.Authorization.WorkAsync(World.Cancel);
        await Browser.ConnectAsync(world, "alice");
        SealedCredential now = await world.CredentialAsync("alice");
        now.Generation.Should().BeGreaterThan(old.Generation);
        now.Key.WrappedKey.Should().NotEqual(old.Key.WrappedKey);
        (await world.StartCallAsync("alice")).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task OpenFlow_DoesNotOutliveARevoke()
    {
        await using World world = await ConnectedAsync("alice");
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        await DisconnectAsync(world, "alice");
        Result<Uri> verified = await world.Authorization.VerifyAsync(
            world.Service,
            requestId,
            Identifier.Parse("alice"),
            World.Cancel
        );
        verified.Problem!.Kind.Should().Be(ProblemKind.NotFound);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Disconnected);
    }

    [Fact]
    public async Task RemovingAConnectionByForce_RevokesItsAccountsFirst()
    {
        await using World world = await ConnectedAsync("alice");
        Task<Result<Done>> RemoveAsync(bool force) =>
            world.Connections.RemoveAsync(
                world.Service,
                world.Environment.Id,
                world.Connection.Name,
                force,
                World.Cancel
            );

        (await RemoveAsync(false)).Problem!.Code.Should().Be("connection_in_use");
        (await RemoveAsync(true)).Succeeded.Should().BeTrue();
        world.Provider.CountLiveGrants("alice").Should().Be(0);
        (await world.Connections.FindAsync(world.Environment.Id, world.Connection.Name, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task RemovedConnection_KeepsItsSecret_UntilTheLastTokenIsRevoked()
    {
        await using World world = await ConnectedAsync("alice");
        world.Client.NextRevokeReplies.Enqueue(OddReply.Json(503, "{}"));
        Result<Done> removed = await world.Connections.RemoveAsync(
            world.Service,
            world.Environment.Id,
            world.Connection.Name,
            force: true,
            World.Cancel
        );
        removed.Succeeded.Should().BeTrue();
        world.Provider.CountLiveGrants("alice").Should().Be(1, "the provider was busy");
        (await LeftAsync(world)).Should().NotBeNull();

        world.Time.Advance(TimeSpan.FromHours(1));
        await world.Authorization.WorkAsync(World.Cancel);

        world.Provider.CountLiveGrants("alice").Should().Be(0);
        (await LeftAsync(world)).Should().BeNull("nothing needs the secret any more");
    }

    [Fact]
    public async Task ClientSecretThatDoesNotOpen_ShredsNoToken()
    {
        bool isDamaged = false;
        await using World world = await World.StartAsync(decorate: services =>
            Intercepted<IConnectionStore>.Stand(
                services,
                (method, call) =>
                    method == nameof(IConnectionStore.FindForRevocationAsync) && isDamaged
                        ? DamageAsync((Task<Connection?>)call()!)
                        : call()
            )
        );
        await Browser.ConnectAsync(world, "alice");
        await DisconnectAsync(world, "alice");
        isDamaged = true;
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("alice").Should().Be(1);

        isDamaged = false;
        world.Time.Advance(TimeSpan.FromHours(1));
        await world.Authorization.WorkAsync(World.Cancel);

        world.Provider.CountLiveGrants("alice").Should().Be(0);
    }

    [Fact]
    public async Task SlowProvider_HoldsUpNoRevocationOfAnother()
    {
        const int Many = 20;
        await using World world = await ConnectedAsync([.. Enumerable.Range(0, Many).Select(i => $"slow-{i}")]);
        ProviderClient slow = world.Client;
        Connection other = await world.AddConnectionAsync("other", p => p, "client-2");
        await Browser.ConnectAsync(world, "alice", change: link => link with { Connection = other.Name });
        Gate gate = new();
        for (int i = 0; i < Many; i++)
        {
            slow.NextRevokeReplies.Enqueue(new OddReply.Drip(gate));
            await DisconnectAsync(world, $"slow-{i}");
        }

        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await world.Connections.DisconnectAsync(world.Service, await world.AccountAsync("alice", other), World.Cancel))
            .Succeeded.Should()
            .BeTrue();
        for (int turn = 0; turn < 4; turn++)
        {
            Task worked = world.Authorization.WorkAsync(World.Cancel);
            while (
                await Task.WhenAny(
                    worked,
                    Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, World.Cancel)
                ) != worked
            )
            {
                world.Time.Advance(TimeSpan.FromSeconds(2)); // a turn's patience; far from a request's time
            }
        }

        world.Provider.CountLiveGrants("alice").Should().Be(0);
        world
            .Provider.Received.Count(request => request.Endpoint == "revoke")
            .Should()
            .BeLessThan(Many / 2 + 2, "they take their connection's places and wait for no turn");
        gate.Open();
    }

    [Fact]
    public async Task WhoFindsAnAccountStopped_WaitsForTheSameCalls_BeforeItIsAcknowledged()
    {
        int waits = 0;
        await using World world = await World.StartAsync(decorate: services =>
            Intercepted<IAccountStore>.Stand(
                services,
                (method, call) =>
                {
                    if (method == nameof(IAccountStore.WaitForStartsAsync))
                    {
                        Interlocked.Increment(ref waits);
                    }

                    return call();
                }
            )
        );
        await Browser.ConnectAsync(world, "alice");
        await DisconnectAsync(world, "alice");
        waits.Should().Be(0, "the stop itself waits, in the store");

        await DisconnectAsync(world, "alice");
        waits.Should().Be(1);
        await world.Connections.RevokeUserAsync(
            world.Service,
            world.Environment.Id,
            Identifier.Parse("alice"),
            World.Cancel
        );
        waits.Should().Be(2);
        await world.Connections.RevokeAllAsync(
            world.Service,
            world.Environment.Id,
            world.Connection.Name,
            World.Cancel
        );
        waits.Should().Be(3);
    }

    [Fact]
    public async Task Worker_WakesForARevocation()
    {
        await using World world = await ConnectedAsync("alice");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(World.Cancel);
        Task running = world.Get<IAuthorizationWorker>().RunAsync(stop.Token);
        await DisconnectAsync(world, "alice");
        while (world.Provider.CountLiveGrants("alice") > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, World.Cancel);
        }

        await stop.CancelAsync();
        await running;
    }

    /// <returns>The removed connection while it still has its secret.</returns>
    private static Task<Connection?> LeftAsync(World world) =>
        world.Get<IConnectionStore>().FindForRevocationAsync(world.Environment.Id, world.Connection.Id, World.Cancel);

    private static async Task<Connection?> DamageAsync(Task<Connection?> found)
    {
        Connection? connection = await found;
        byte[] secret = [.. connection!.ClientSecretSealed!];
        secret[^1] ^= 1;
        return connection with { ClientSecretSealed = secret };
    }

    private static async Task<World> ConnectedAsync(params string[] identifiers)
    {
        World world = await World.StartAsync();
        foreach (string identifier in identifiers)
        {
            await Browser.ConnectAsync(world, identifier);
        }

        return world;
    }

    private static async Task<Result<ConnectedAccount>> DisconnectAsync(World world, string identifier)
    {
        Result<ConnectedAccount> stopped = await world.Connections.DisconnectAsync(
            world.Service,
            await world.AccountAsync(identifier),
            World.Cancel
        );
        stopped.Problem.Should().BeNull();
        return stopped;
    }
}
