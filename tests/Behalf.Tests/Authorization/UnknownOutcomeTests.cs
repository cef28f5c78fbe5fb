using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Events;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;

namespace Behalf.Tests.Authorization;

/// <summary>Whether a refresh token was used is unknown: when it is tried again, how often, and what the user is told.</summary>
public sealed class UnknownOutcomeTests
{
    private static readonly TimeSpan NearItsEnd = TimeSpan.FromMinutes(56);
    private static readonly TimeSpan PastExpiry = TimeSpan.FromMinutes(61);

    private static readonly OddReply Lost = new OddReply.Cut(IsCarriedOut: true);

    [Fact]
    public async Task TakeOver_WithinTheGrace_AsksAtOnce()
    {
        await using World world = await RotatingAsync(grace: 30);
        await DieAfterSendingAsync(world);
        world.Time.Advance(TimeSpan.FromSeconds(10));

        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(2);
    }

    [Theory]
    [InlineData(26)] // the grace lasts, but not for a request's way
    [InlineData(40)]
    public async Task TakeOver_AfterTheGrace_UsesTheTokenToItsEnd_ThenSaysWhy(int seconds)
    {
        await using World world = await RotatingAsync(grace: 30);
        await DieAfterSendingAsync(world);
        world.Time.Advance(TimeSpan.FromSeconds(seconds));

        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(1);
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1, "reuse would end the whole grant");
        world.Provider.CountLiveGrants("alice").Should().Be(1);

        world.Time.Advance(TimeSpan.FromMinutes(5));
        await ShouldBeOutcomeUnknownAsync(world);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(2);
    }

    [Fact]
    public async Task SilentProvider_IsAskedAgain_WhileThatIsInTheGrace()
    {
        await using World world = await RotatingAsync(grace: 30);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(new Gate()));
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        DateTimeOffset began = world.Time.GetUtcNow();

        FreshCredential fresh = await RefreshTests.AdvanceUntilAsync(world, RefreshTests.FreshenAsync(world, stale));

        fresh.Should().BeOfType<FreshCredential.Usable>().Which.Credential.Generation.Should().Be(2);
        (world.Time.GetUtcNow() - began).Should().BeLessThan(TimeSpan.FromSeconds(28));
    }

    [Fact]
    public async Task SilentProvider_WithAGraceTooShort_IsNotAskedAgain()
    {
        await using World world = await RotatingAsync(grace: 12);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(new Gate()));
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);

        FreshCredential result = await RefreshTests.AdvanceUntilAsync(world, RefreshTests.FreshenAsync(world, stale));

        result.Should().BeOfType<FreshCredential.Later>();
        await RefreshTests.AdvanceUntilAsync(world, DrainedAsync(world));
        world.Provider.Received.Count(r => r.Endpoint == "token" && r.GrantType == "refresh_token").Should().Be(0);
        (await LastAttemptAsync(world)).Should().Be(RefreshAttemptState.Unknown);
    }

    [Fact]
    public async Task BothRepliesLost_InTheGrace_UseTheTokenToItsEnd_ThenSayWhy()
    {
        await using World world = await RotatingAsync(grace: 60);
        world.Time.Advance(NearItsEnd);
        world.Client.NextTokenReplies.Enqueue(Lost);
        world.Client.NextTokenReplies.Enqueue(Lost);
        for (int i = 0; i < 5; i++)
        {
            (await RefreshTests.GenerationAfterAsync(world)).Should().Be(1);
            await world.Authorization.WorkAsync(World.Cancel);
            world.Provider.CountTokenRequests("refresh_token").Should().Be(2, "one request, one probe");
            world.Time.Advance(TimeSpan.FromSeconds(20));
        }

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        world.Time.Advance(TimeSpan.FromMinutes(5));
        await ShouldBeOutcomeUnknownAsync(world);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(2);
    }

    [Fact]
    public async Task BothRepliesLost_WithoutAGrace_EndTheAccountWithTheReason()
    {
        await using World world = await RotatingAsync(grace: 0);
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Cut(IsCarriedOut: false));
        var later = (await RefreshTests.FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>().Subject;
        later.Reason.Should().Be(AccountReasons.RefreshOutcomeUnknown);
        world.Time.Advance(later.RetryAfter + TimeSpan.FromSeconds(1));

        world.Client.NextTokenReplies.Enqueue(new OddReply.Cut(IsCarriedOut: false));
        await ShouldBeOutcomeUnknownAsync(world);

        world.Provider.CountTokenRequests("refresh_token").Should().Be(2);
    }

    [Fact]
    public async Task BothRepliesLost_OfANonRotatingProvider_AreAskedForAgainLater()
    {
        await using World world = await RefreshTests.ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        for (int i = 0; i < 3; i++)
        {
            world.Client.NextTokenReplies.Enqueue(Lost);
            if (i == 0)
            {
                world.Client.NextTokenReplies.Enqueue(Lost); // the probe, at once
            }

            var later = (await RefreshTests.FreshenAsync(world, stale))
                .Should()
                .BeOfType<FreshCredential.Later>()
                .Subject;
            world.Time.Advance(later.RetryAfter + TimeSpan.FromSeconds(1));
        }

        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(5);
    }

    [Fact]
    public async Task ProbeOfADeadProcess_WasTheLast()
    {
        await using World world = await RotatingAsync(grace: 0);
        await DieAfterSendingAsync(world, isProbe: true);
        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(1);
        world.Time.Advance(PastExpiry);

        await ShouldBeOutcomeUnknownAsync(world);

        world.Provider.CountTokenRequests("refresh_token").Should().Be(1, "that process's own");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task GatewaysAnswer_AfterTheWorkWasDone_IsAnUnknownOutcome(int status)
    {
        await using World world = await RotatingAsync(grace: 0);
        world.Time.Advance(NearItsEnd);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Text(status, "text/html", "<html>", IsCarriedOut: true));
        for (int i = 0; i < 4; i++)
        {
            (await RefreshTests.GenerationAfterAsync(world)).Should().Be(1);
            await world.Authorization.WorkAsync(World.Cancel);
            world.Time.Advance(TimeSpan.FromSeconds(40));
        }

        world.Provider.CountTokenRequests("refresh_token").Should().Be(1, "the token may be spent");
        world.Provider.CountLiveGrants("alice").Should().Be(1);
        world.Time.Advance(TimeSpan.FromMinutes(5));
        await ShouldBeOutcomeUnknownAsync(world);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task WordToComeLater_LeavesNoDoubt(int status)
    {
        await using World world = await RotatingAsync(grace: 0);
        world.Time.Advance(NearItsEnd);
        world.Client.NextTokenReplies.Enqueue(new OddReply.Text(status, "text/html", "<html>"));
        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(1);
        (await LastAttemptAsync(world)).Should().Be(RefreshAttemptState.NotCarriedOut);
        world.Time.Advance(TimeSpan.FromSeconds(30));

        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(2);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(504)]
    public async Task LongOutage_EndsNoAccount(int status)
    {
        await using World world = await RotatingAsync(grace: 0);
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(NearItsEnd);
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < 30; i++)
        {
            world.Client.NextTokenReplies.Enqueue(new OddReply.Text(status, "text/html", "<html>"));
            FreshCredential result = await world.Authorization.FreshenAsync(
                stale,
                world.Connection,
                FreshenReason.Rejected,
                World.Cancel
            );
            TimeSpan pause = result.Should().BeOfType<FreshCredential.Later>().Subject.RetryAfter;
            longest = pause > longest ? pause : longest;
            world.Time.Advance(pause + TimeSpan.FromSeconds(1));
        }

        longest.Should().BeGreaterThan(TimeSpan.FromMinutes(10), "pauses grow");
        world.Client.NextTokenReplies.Clear();
        world.Provider.CountTokenRequests("refresh_token").Should().Be(30);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(2);
    }

    /// <summary>A provider that ends the grant on reuse, with this grace in seconds, and Alice connected.</summary>
    private static async Task<World> RotatingAsync(int grace)
    {
        World world = await RefreshTests.ConnectedAsync(p =>
            p with
            {
                Rotation = RefreshRotation.Rotating,
                RotationGrace = TimeSpan.FromSeconds(grace),
            }
        );
        world.Client.Rotation = grace > 0 ? Rotation.Grace : Rotation.Strict;
        world.Client.Grace = TimeSpan.FromSeconds(grace);
        return world;
    }

    /// <summary>A process sends Alice's refresh token near the end of her access token, and dies with the answer.</summary>
    private static async Task DieAfterSendingAsync(World world, bool isProbe = false)
    {
        world.Time.Advance(NearItsEnd);
        SealedCredential credential = await world.CredentialAsync("alice");
        IRefreshStore store = world.Get<IRefreshStore>();
        RefreshLease? lease = await store.AcquireAsync(
            world.Environment.Id,
            credential.Key.Account,
            TimeSpan.FromMinutes(2),
            World.Cancel
        );
        (await store.AttemptAsync(lease!, 1, isProbe, World.Cancel)).Should().BeTrue();
        using HttpClient client = new();
        using FormUrlEncodedContent form = new(
            new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = world.Provider.Issued.Last(token =>
                    token.StartsWith("rt-", StringComparison.Ordinal)
                ),
                ["client_id"] = World.ClientId,
                ["client_secret"] = World.ClientSecret,
            }
        );
        using HttpResponseMessage answer = await client.PostAsync(
            new Uri($"{world.Provider.Origin}/token"),
            form,
            World.Cancel
        );
        answer.IsSuccessStatusCode.Should().BeTrue();
        await world.RestartAsync();
    }

    private static async Task ShouldBeOutcomeUnknownAsync(World world)
    {
        FreshCredential result = await RefreshTests.FreshenAsync(world, await world.CredentialAsync("alice"));
        result
            .Should()
            .BeOfType<FreshCredential.Refused>()
            .Which.Reason.Should()
            .Be(AccountReasons.RefreshOutcomeUnknown);
        ConnectedAccount account = await world.AccountAsync("alice");
        (account.State, account.Reason).Should().Be((AccountState.Expired, AccountReasons.RefreshOutcomeUnknown));
        (await world.EventsAsync()).Count(e => e.Event.Type == EventTypes.TokenRefreshFailed).Should().Be(1);
    }

    private static async Task<RefreshAttemptState> LastAttemptAsync(World world)
    {
        IRefreshStore store = world.Get<IRefreshStore>();
        AccountId account = (await world.CredentialAsync("alice")).Key.Account;
        RefreshLease? lease = await store.AcquireAsync(
            world.Environment.Id,
            account,
            TimeSpan.FromMinutes(1),
            World.Cancel
        );
        RefreshSubject? subject = await store.ReadAsync(lease!, World.Cancel);
        await store.ReleaseAsync(lease!, World.Cancel);
        return subject!.LastAttempt;
    }

    private static async Task<bool> DrainedAsync(World world)
    {
        await world.Get<IAuthorizationWorker>().DrainAsync(World.Cancel);
        return true;
    }
}
