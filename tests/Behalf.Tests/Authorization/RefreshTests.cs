using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Events;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Behalf.Tests.Authorization;

public sealed class RefreshTests
{
    private static readonly TimeSpan PastExpiry = TimeSpan.FromMinutes(61);

    [Fact]
    public async Task FreshCredential_CostsNoRequest()
    {
        await using World world = await ConnectedAsync();
        SealedCredential credential = await world.CredentialAsync("alice");
        (await FreshenAsync(world, credential)).Should().BeOfType<FreshCredential.Usable>();
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
    }

    [Fact]
    public async Task FiveHundredParallelCalls_WithAnExpiredToken_MakeOneTokenRequest()
    {
        await using World world = await ConnectedAsync();
        await using ServiceProvider second = world.AddNode();
        IAuthorization[] nodes = [world.Authorization, second.GetRequiredService<IAuthorization>()];
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<FreshCredential>[] calls =
        [
            .. Enumerable
                .Range(0, 500)
                .Select(i => nodes[i % 2].FreshenAsync(stale, world.Connection, FreshenReason.BeforeUse, World.Cancel)),
        ];
        await gate.Arrived;
        gate.Open();
        FreshCredential[] results = await AdvanceUntilAsync(world, Task.WhenAll(calls));
        results.Should().OnlyContain(r => r is FreshCredential.Usable);
        results.Cast<FreshCredential.Usable>().Should().OnlyContain(r => r.Credential.Generation == 2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task LeavingWaiter_DoesNotFailTheOthers()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        using var leaving = new CancellationTokenSource();
        Task<FreshCredential> first = world.Authorization.FreshenAsync(
            stale,
            world.Connection,
            FreshenReason.BeforeUse,
            leaving.Token
        );
        await gate.Arrived;
        Task<FreshCredential> second = FreshenAsync(world, stale);
        await leaving.CancelAsync();
        await first.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        gate.Open();
        (await second).Should().BeOfType<FreshCredential.Usable>();
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task MissingRefreshTokenInTheReply_KeepsTheOldOne()
    {
        await using World world = await ConnectedAsync();
        for (int generation = 2; generation <= 4; generation++)
        {
            world.Time.Advance(PastExpiry);
            (await GenerationAfterAsync(world)).Should().Be(generation);
        }

        world.Provider.CountTokenRequests("refresh_token").Should().Be(3);
    }

    /// <summary>The provider has spent the token before: a pair is not thrown away for what stands beside it.</summary>
    [Theory]
    [InlineData("-1", 1_800)]
    [InlineData("\"3600.0\"", 3_600)]
    [InlineData("1e300", 1_800)]
    [InlineData("\"soon\"", 1_800)]
    public async Task RotatedPair_IsKept_WhateverLifetimeIsStated(string stated, int seconds)
    {
        await using World world = await ConnectedAsync(p =>
            p with
            {
                Rotation = RefreshRotation.Rotating,
                DefaultAccessLifetime = TimeSpan.FromMinutes(30),
            }
        );
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(
            OddReply.Json(
                200,
                $$"""{"access_token":"at-next","refresh_token":"rt-next","token_type":"bearer","expires_in":{{stated}}}"""
            )
        );

        (await GenerationAfterAsync(world)).Should().Be(2);

        SealedCredential stored = await world.CredentialAsync("alice");
        stored.AccessExpiresAt.Should().Be(world.Time.GetUtcNow() + TimeSpan.FromSeconds(seconds));
        using Secret refresh = world.Get<IVault>().OpenRefresh(stored)!;
        refresh.RevealText().Should().Be("rt-next");
    }

    [Fact]
    public async Task RotatedRefreshToken_IsKept()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        world.Client.Rotation = Rotation.Strict;
        for (int generation = 2; generation <= 4; generation++)
        {
            world.Time.Advance(PastExpiry);
            (await GenerationAfterAsync(world)).Should().Be(generation);
        }

        world.Provider.CountLiveGrants("alice").Should().Be(1);
    }

    [Fact]
    public async Task SameRefreshTokenInTheReply_IsKept()
    {
        await using World world = await ConnectedAsync();
        world.Client.RepeatsRefreshToken = true;
        for (int generation = 2; generation <= 3; generation++)
        {
            world.Time.Advance(PastExpiry);
            (await GenerationAfterAsync(world)).Should().Be(generation);
        }
    }

    [Fact]
    public async Task InvalidGrant_ExpiresTheAccount_OnceWithOneEvent()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_grant"));
        FreshCredential[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => FreshenAsync(world, stale)));
        results
            .Should()
            .OnlyContain(r => r is FreshCredential.Refused && ((FreshCredential.Refused)r).Reason == "refresh_refused");
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.Expired);
        account.Reason.Should().Be(AccountReasons.RefreshRefused);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        (await world.EventsAsync()).Count(e => e.Event.Type == EventTypes.TokenRefreshFailed).Should().Be(1);
        (await world.AuditAsync()).Count(r => r.Draft.Action == "account.expired").Should().Be(1);
    }

    [Theory]
    [InlineData(429, "application/json", "{}")]
    [InlineData(503, "text/html", "<html>")]
    [InlineData(500, "text/html", "<html>")]
    [InlineData(502, "text/html", "<html>")]
    [InlineData(504, "text/html", "<html>")]
    [InlineData(200, "text/html", "<html>")]
    [InlineData(400, "application/json", """{"error":"temporarily_odd"}""")]
    public async Task ProvidersTrouble_LeavesTheAccountActive_WithBackOff(int status, string type, string body)
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Text(status, type, body));
        var later = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>().Subject;
        later.RetryAfter.Should().BePositive();
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);

        (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>("it is held back");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        world.Time.Advance(later.RetryAfter + TimeSpan.FromSeconds(1));
        (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Usable>();
    }

    [Fact]
    public async Task RetryAfter_IsHonoured()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(
            new OddReply.Text(429, "application/json", "{}") { Headers = { ["Retry-After"] = "240" } }
        );
        var later = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>().Subject;
        later.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(240));
    }

    [Fact]
    public async Task RefusedClient_IsToldOnceAnHour()
    {
        await using World world = await ConnectedAsync();
        world.Time.Advance(PastExpiry);
        DateTimeOffset began = world.Time.GetUtcNow();
        for (int told = 1; told <= 2; told++)
        {
            while (world.Time.GetUtcNow() - began < TimeSpan.FromMinutes(60) * told - TimeSpan.FromMinutes(10))
            {
                world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_client", 401));
                (await FreshenAsync(world, await world.CredentialAsync("alice")))
                    .Should()
                    .BeOfType<FreshCredential.Later>();
                world.Time.Advance(TimeSpan.FromMinutes(6));
            }

            (await world.AuditAsync()).Count(r => r.Draft.Action == "connection.client_refused").Should().Be(told);
            world.Time.Advance(TimeSpan.FromMinutes(11));
        }

        world.Provider.CountTokenRequests("refresh_token").Should().BeGreaterThan(10);
    }

    [Fact]
    public async Task RefusedClient_IsToldByTheNext_WhenItCouldNotBeRecorded()
    {
        int failures = 0;
        await using World world = await World.StartAsync(decorate: services =>
            Intercepted<IAudit>.Stand(
                services,
                (method, call) =>
                    method == nameof(IAudit.RecordAsync) && failures-- > 0
                        ? Task.FromResult<Result<Done>>(
                            new Problem(ProblemKind.Unavailable, "audit_unavailable", "not now")
                        )
                        : call()
            )
        );
        await Browser.ConnectAsync(world, "alice");
        world.Time.Advance(PastExpiry);
        failures = 1;
        for (int refused = 0; refused < 3; refused++)
        {
            (await world.AuditAsync())
                .Count(r => r.Draft.Action == "connection.client_refused")
                .Should()
                .Be(refused == 2 ? 1 : 0);
            world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_client", 401));
            (await FreshenAsync(world, await world.CredentialAsync("alice")))
                .Should()
                .BeOfType<FreshCredential.Later>();
            world.Time.Advance(TimeSpan.FromMinutes(6));
        }

        (await world.AuditAsync()).Count(r => r.Draft.Action == "connection.client_refused").Should().Be(1);
    }

    [Fact]
    public async Task MoreCallersThanMayWait_AreTurnedAway_AndTheOthersServed()
    {
        const int MayWait = 2_000;
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<FreshCredential>[] waiting = [.. Enumerable.Range(0, MayWait).Select(_ => FreshenAsync(world, stale))];
        await gate.Arrived;

        (await FreshenAsync(world, stale)).Should().Be(TokenRefresher.Busy);

        gate.Open();
        (await Task.WhenAll(waiting)).Should().OnlyContain(result => result is FreshCredential.Usable);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task ProvidersTrouble_KeepsTheOldToken_WhileItLives()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(TimeSpan.FromMinutes(57));
        world.Client.NextTokenReplies.Enqueue(OddReply.Json(503, "{}"));
        var usable = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Usable>().Subject;
        usable.Credential.Generation.Should().Be(1);
    }

    [Theory]
    [InlineData("invalid_client")]
    [InlineData("unauthorized_client")]
    public async Task RefusedClient_IsAnAlarmOnTheConnection_AndTouchesNoAccount(string error)
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(OddReply.Error(error, 401));
        (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>();
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await world.AuditAsync()).Should().ContainSingle(r => r.Draft.Action == "connection.client_refused");
        (await world.EventsAsync()).Should().NotContain(e => e.Event.Type == EventTypes.TokenRefreshFailed);
    }

    [Fact]
    public async Task LostReply_OfANonRotatingProvider_IsProbedAtOnce()
    {
        await using World world = await ConnectedAsync();
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Cut(IsCarriedOut: true));
        (await GenerationAfterAsync(world)).Should().Be(2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(2);
    }

    [Fact]
    public async Task LostReply_WithinAKnownGrace_IsProbedAtOnce()
    {
        await using World world = await ConnectedAsync(p =>
            p with
            {
                Rotation = RefreshRotation.Rotating,
                RotationGrace = TimeSpan.FromMinutes(1),
            }
        );
        world.Client.Rotation = Rotation.Grace;
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Cut(IsCarriedOut: true));
        (await GenerationAfterAsync(world)).Should().Be(2);
    }

    [Fact]
    public async Task LostReply_OfAStrictProvider_UsesTheOldTokenWhileItLives_ThenSaysOutcomeUnknown()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        world.Client.Rotation = Rotation.Strict;
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(TimeSpan.FromMinutes(57));
        world.Client.NextTokenReplies.Enqueue(new OddReply.Cut(IsCarriedOut: true));
        for (int i = 0; i < 3; i++)
        {
            var usable = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Usable>().Subject;
            usable.Credential.Generation.Should().Be(1);
            world.Time.Advance(TimeSpan.FromSeconds(40));
        }

        world.Provider.CountTokenRequests("refresh_token").Should().Be(1, "a probe could end the whole grant");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        world.Time.Advance(TimeSpan.FromMinutes(5));
        var refused = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Refused>().Subject;
        refused.Reason.Should().Be(AccountReasons.RefreshOutcomeUnknown);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Expired);
    }

    [Fact]
    public async Task AttemptFoundAtARestart_CountsAsUnknown()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        SealedCredential stale = await world.CredentialAsync("alice");
        IRefreshStore store = world.Get<IRefreshStore>();
        RefreshLease? lease = await store.AcquireAsync(
            world.Environment.Id,
            stale.Key.Account,
            TimeSpan.FromSeconds(60),
            World.Cancel
        );
        (await store.AttemptAsync(lease!, 1, isProbe: false, World.Cancel)).Should().BeTrue();
        await world.RestartAsync();
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_grant"));
        var refused = (await FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Refused>().Subject;
        refused.Reason.Should().Be(AccountReasons.RefreshOutcomeUnknown);
    }

    [Fact]
    public async Task LeaseOfADeadProcess_HoldsUpNobody_WhoseTokenStillWorks()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(TimeSpan.FromMinutes(56));
        RefreshLease? dead = await world
            .Get<IRefreshStore>()
            .AcquireAsync(world.Environment.Id, stale.Key.Account, TimeSpan.FromSeconds(60), World.Cancel);
        dead.Should().NotBeNull();
        DateTimeOffset began = world.Time.GetUtcNow();
        FreshCredential fresh = await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        fresh.Should().BeOfType<FreshCredential.Usable>().Which.Credential.Generation.Should().Be(1);
        (world.Time.GetUtcNow() - began).Should().BeLessThan(TimeSpan.FromSeconds(25));
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
    }

    /// <summary>Else the one request that may be sent is given up before a provider had the time for it.</summary>
    [Fact]
    public async Task WhoWaitedForALease_HasAllTheTimeForTheRequest()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        world.Client.Rotation = Rotation.Strict;
        world.Get<IOptions<BehalfOptions>>().Value.RefreshTimeout = TimeSpan.FromSeconds(17);
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        await world
            .Get<IRefreshStore>()
            .AcquireAsync(world.Environment.Id, stale.Key.Account, TimeSpan.FromSeconds(15), World.Cancel);
        Gate gate = new();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));

        Task<FreshCredential> waiting = FreshenAsync(world, stale);
        await AdvanceUntilAsync(world, gate.Arrived);
        world.Time.Advance(TimeSpan.FromSeconds(5));
        gate.Open();

        (await waiting).Should().BeOfType<FreshCredential.Usable>().Which.Credential.Generation.Should().Be(2);
    }

    [Fact]
    public async Task NoRefreshToken_WorksUntilItsEnd_ThenExpires()
    {
        await using World world = await World.StartAsync();
        world.Client.GivesRefreshToken = false;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential credential = await world.CredentialAsync("alice");
        world.Time.Advance(TimeSpan.FromMinutes(58));
        (await FreshenAsync(world, credential)).Should().BeOfType<FreshCredential.Usable>();
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        world.Time.Advance(TimeSpan.FromMinutes(3));
        await world.Authorization.WorkAsync(World.Cancel);
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.Expired);
        account.Reason.Should().Be(AccountReasons.NoRefreshToken);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
    }

    [Fact]
    public async Task TinyLifetime_CausesNoHotLoop()
    {
        await using World world = await World.StartAsync();
        world.Client.AccessLifetime = TimeSpan.FromSeconds(1);
        await Browser.ConnectAsync(world, "alice");
        for (int i = 0; i < 50; i++)
        {
            await world.Authorization.WorkAsync(World.Cancel);
            await FreshenAsync(world, await world.CredentialAsync("alice"));
            world.Time.Advance(TimeSpan.FromMilliseconds(200));
        }

        world.Provider.CountTokenRequests("refresh_token").Should().BeInRange(1, 3);
    }

    [Fact]
    public async Task RevokeDuringRefresh_DiscardsAndRevokesTheNewPair()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        world.Client.Rotation = Rotation.Grace;
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<FreshCredential> refreshing = FreshenAsync(world, stale);
        await gate.Arrived;
        (await world.Connections.DisconnectAsync(world.Service, await world.AccountAsync("alice"), World.Cancel))
            .Succeeded.Should()
            .BeTrue();
        gate.Open();
        (await refreshing).Should().BeOfType<FreshCredential.Refused>();
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("alice").Should().Be(0);
        world.Provider.Received.Count(r => r.Endpoint == "revoke").Should().Be(2, "the old token and the new pair");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Disconnected);
    }

    [Fact]
    public async Task LeaseLostMeanwhile_StillKeepsTheRotatedToken()
    {
        TakenOverLease? store = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IRefreshStore>(inner => store = new TakenOverLease(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        store!.BeforeCommit = () => world.Time.Advance(TimeSpan.FromSeconds(70));
        await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        await AdvanceUntilAsync(world, StoredAsync(world, generation: 2));
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        world.Time.Advance(PastExpiry);
        (await GenerationAfterAsync(world)).Should().Be(3, "the rotated token was kept, so the next refresh works");
    }

    [Fact]
    public async Task AccountGivenUpMeanwhile_ComesBack_WithThePairThatWasOnItsWay()
    {
        GivenUpMeanwhile? store = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IRefreshStore>(inner => store = new GivenUpMeanwhile(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        store!.BeforeCommit = () => world.Time.Advance(TimeSpan.FromMinutes(3));

        await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        await AdvanceUntilAsync(world, StoredAsync(world, generation: 2));

        ConnectedAccount account = await world.AccountAsync("alice");
        (account.State, account.Reason).Should().Be((AccountState.Active, null));
        (await world.EventsAsync())
            .Should()
            .ContainSingle(e => e.Event.Data.GetValueOrDefault("old_status") == "EXPIRED");
        (await world.Get<IRevocationStore>().DueAsync(10, [], World.Cancel)).Should().BeEmpty();
        world.Time.Advance(PastExpiry);
        (await GenerationAfterAsync(world)).Should().Be(3, "the pair is the provider's newest");
    }

    /// <summary>The provider saw the spent token a second time and ended the grant: the pair that came late is worth nothing.</summary>
    [Fact]
    public async Task AccountThatCameBack_SaysOutcomeUnknown_WhenItsGrantWasEndedMeanwhile()
    {
        GivenUpMeanwhile? store = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IRefreshStore>(inner => store = new GivenUpMeanwhile(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        store!.BeforeCommit = () => world.Time.Advance(TimeSpan.FromMinutes(3));
        await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        await AdvanceUntilAsync(world, StoredAsync(world, generation: 2));
        world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_grant"));
        world.Time.Advance(PastExpiry);

        (await FreshenAsync(world, await world.CredentialAsync("alice")))
            .Should()
            .Be(new FreshCredential.Refused(AccountReasons.RefreshOutcomeUnknown));
    }

    [Fact]
    public async Task DatabaseAwayAfterTheReply_LosesNothing_WhileTheProcessLives()
    {
        FailingCommits? store = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IRefreshStore>(inner => store = new FailingCommits(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        store!.Failures = 5;
        FreshCredential fresh = await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        fresh.Should().BeOfType<FreshCredential.Usable>();
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        world.Logs.Lines.Should().Contain(line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DueAccounts_AreRefreshedAhead_InTheBackground()
    {
        await using World world = await ConnectedAsync();
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
        world.Time.Advance(TimeSpan.FromMinutes(56));
        await world.Authorization.WorkAsync(World.Cancel);
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        (await world.CredentialAsync("alice")).Generation.Should().Be(2);
    }

    [Fact]
    public async Task SlowProvider_HoldsUpNoRefreshOfAnotherConnection()
    {
        const int Many = 20; // more than a connection has places, and all due before the other one
        await using World world = await World.StartAsync();
        ProviderClient slow = world.Client;
        for (int i = 0; i < Many; i++)
        {
            await Browser.ConnectAsync(world, $"slow-{i}");
        }

        world.Time.Advance(TimeSpan.FromSeconds(1));
        Connection other = await world.AddConnectionAsync("other", p => p, "client-2");
        await Browser.ConnectAsync(world, "alice", change: link => link with { Connection = other.Name });
        Gate gate = new();
        for (int i = 0; i < Many; i++)
        {
            slow.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        }

        world.Time.Advance(TimeSpan.FromMinutes(56));
        for (int turn = 0; turn < 3; turn++)
        {
            await AdvanceUntilAsync(world, world.Authorization.WorkAsync(World.Cancel));
        }

        (await world.AccountAsync("alice", other)).Generation.Should().Be(2);
        (await world.CredentialAsync("slow-0")).Generation.Should().Be(1);
        gate.Open();
    }

    [Fact]
    public async Task AttemptInDoubt_IsToldUnsent_OnceTheDatabaseIsBack()
    {
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IRefreshStore>(inner => new AwayAfterTheAttempt(inner))
        );
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        await world
            .Awaiting(w => FreshenAsync(w, stale))
            .Should()
            .ThrowAsync<StorageUnavailableException>("nothing was sent, and nothing could be written");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);

        FreshCredential? fresh = null;
        while (fresh is not FreshCredential.Usable)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1)); // far from the lease's end, which is minutes away
            fresh = await AdvanceUntilAsync(world, FreshenAsync(world, stale));
        }

        (world.Time.GetUtcNow() - stale.AccessExpiresAt).Should().BeLessThan(TimeSpan.FromSeconds(90));
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task EndOfTheProcess_WaitsForARefresh_WhoseCallerHasLeft()
    {
        await using World world = await ConnectedAsync(p => p with { Rotation = RefreshRotation.Rotating });
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        using var caller = new CancellationTokenSource();
        Task<FreshCredential> refreshing = world.Authorization.FreshenAsync(
            stale,
            world.Connection,
            FreshenReason.BeforeUse,
            caller.Token
        );
        await gate.Arrived;
        await caller.CancelAsync();
        await refreshing.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();

        Task drained = world.Get<IAuthorizationWorker>().DrainAsync(World.Cancel);
        drained.IsCompleted.Should().BeFalse();
        gate.Open();
        await drained;

        (await world.CredentialAsync("alice")).Generation.Should().Be(2);
    }

    [Fact]
    public async Task Refreshing_NeverTouchesAnotherUser()
    {
        await using World world = await ConnectedAsync();
        await Browser.ConnectAsync(world, "bob");
        SealedCredential alice = await world.CredentialAsync("alice");
        SealedCredential bob = await world.CredentialAsync("bob");
        world.Time.Advance(PastExpiry);
        FreshCredential[] both = await Task.WhenAll(FreshenAsync(world, alice), FreshenAsync(world, bob));
        both.Cast<FreshCredential.Usable>()
            .Select(usable => usable.Credential.Key.Account)
            .Should()
            .Equal(alice.Key.Account, bob.Key.Account);
    }

    internal static async Task<World> ConnectedAsync(Func<OAuthProfile, OAuthProfile>? profile = null)
    {
        World world = await World.StartAsync(profile);
        await Browser.ConnectAsync(world, "alice");
        return world;
    }

    internal static Task<FreshCredential> FreshenAsync(World world, SealedCredential credential) =>
        world.Authorization.FreshenAsync(credential, world.Connection, FreshenReason.BeforeUse, World.Cancel);

    internal static async Task<long> GenerationAfterAsync(World world)
    {
        FreshCredential fresh = await FreshenAsync(world, await world.CredentialAsync("alice"));
        return fresh.Should().BeOfType<FreshCredential.Usable>().Subject.Credential.Generation;
    }

    private static async Task<bool> StoredAsync(World world, long generation)
    {
        while ((await world.CredentialAsync("alice")).Generation < generation)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time, World.Cancel);
        }

        return true;
    }

    /// <summary>Lets pauses pass that only the test's clock ends.</summary>
    internal static async Task<T> AdvanceUntilAsync<T>(World world, Task<T> task)
    {
        await AdvanceUntilAsync(world, (Task)task);
        return await task;
    }

    internal static async Task AdvanceUntilAsync(World world, Task task)
    {
        while (!task.IsCompleted)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, World.Cancel));
        }

        await task;
    }
}
