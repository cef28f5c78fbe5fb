using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.TestAuthorizationServer;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Authorization;

/// <summary>A token endpoint takes requests and does not answer: whose tokens are spent on it, and what is left afterwards.</summary>
public sealed class SilentEndpointTests
{
    private static readonly TimeSpan PastExpiry = TimeSpan.FromMinutes(61);

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task HourOfSilence_EndsNoAccount_ButOneAtMost(int grace)
    {
        const int Many = 16;
        await using World world = await RotatingAsync(grace, Many);
        Gate never = new();
        for (int i = 0; i < 1_000; i++)
        {
            world.Client.NextTokenReplies.Enqueue(new OddReply.Held(never));
        }

        world.Time.Advance(PastExpiry);
        await BackgroundAsync(world, TimeSpan.FromHours(1));

        IReadOnlyList<ConnectedAccount> silent = await AccountsAsync(world, Many);
        Lost(silent).Count().Should().BeLessThanOrEqualTo(1);
        Later(await RefreshTests.AdvanceUntilAsync(world, FreshenAsync(world, silent[^1])))
            .RetryAfter.Should()
            .BePositive();
        world.Client.NextTokenReplies.Clear();
        IReadOnlyList<ConnectedAccount> after = silent;
        for (int turn = 0; turn < 60 && after.Any(IsToBeRenewed); turn++)
        {
            await BackgroundAsync(world, TimeSpan.FromMinutes(1), patience: TimeSpan.FromSeconds(5));
            after = await AccountsAsync(world, Many);
        }

        Lost(after).Should().Equal(Lost(silent), "it answers again");
        after.Should().NotContain(account => IsToBeRenewed(account));
    }

    /// <summary>As when a balancer is restarted: what was lost in that moment is asked for again while the grace lasts.</summary>
    [Fact]
    public async Task RepliesLostTogether_AreAskedForAgain_InTheGrace()
    {
        const int Many = 8;
        await using World world = await RotatingAsync(
            grace: 60,
            Many,
            services => services.Decorate<IEgress>(inner => new LosingFirstReplies(inner))
        );
        world.Time.Advance(PastExpiry);
        IReadOnlyList<ConnectedAccount> accounts = await AccountsAsync(world, Many);

        FreshCredential[] fresh = await FreshenAllAsync();
        for (int again = 0; again < Many && fresh.Any(result => result is FreshCredential.Later); again++)
        {
            world.Time.Advance(SilentEndpoints.FirstPause); // who came last is told to come again, not that it is lost
            fresh = await FreshenAllAsync();
        }

        fresh.Should().OnlyContain(result => result is FreshCredential.Usable);
        Task<FreshCredential[]> FreshenAllAsync() =>
            RefreshTests.AdvanceUntilAsync(
                world,
                Task.WhenAll(accounts.Select(account => FreshenAsync(world, account)))
            );

        (await AccountsAsync(world, Many)).Should().OnlyContain(account => account.Generation == 2);
    }

    [Fact]
    public async Task SilenceAtOneConnection_IsNoOthers()
    {
        await using World world = await RotatingAsync(grace: 0, many: 4);
        Connection other = await world.AddConnectionAsync(
            "other",
            p => p with { Rotation = RefreshRotation.Rotating },
            "client-2"
        );
        await Browser.ConnectAsync(world, "alice", change: link => link with { Connection = other.Name });
        SilentEndpoints silent = world.Get<SilentEndpoints>();
        foreach (ConnectedAccount account in await AccountsAsync(world, 3))
        {
            silent.Unanswered(world.Connection.Id, account.Id);
        }

        ConnectedAccount last = (await AccountsAsync(world, 4))[^1];
        silent.Enter(world.Connection.Id, last.Id, isProbe: false).IsTrial.Should().BeTrue();
        silent.Shut.Should().Equal(world.Connection.Id);
        silent.Enter(other.Id, last.Id, isProbe: true).Should().Be(AskingTurn.Free);
        silent.Answered(world.Connection.Id);
        silent.Shut.Should().BeEmpty();
    }

    private static IEnumerable<(string, string?)> Lost(IEnumerable<ConnectedAccount> accounts) =>
        accounts
            .Where(account => account.State != AccountState.Active)
            .Select(account => (account.Identifier.Value, account.Reason));

    private static bool IsToBeRenewed(ConnectedAccount account) =>
        account is { State: AccountState.Active, Generation: 1 };

    private static FreshCredential.Later Later(FreshCredential result) =>
        result.Should().BeOfType<FreshCredential.Later>().Subject;

    /// <summary>Many users at a provider that ends the grant on reuse, with this grace in seconds.</summary>
    private static async Task<World> RotatingAsync(int grace, int many, Action<IServiceCollection>? decorate = null)
    {
        World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating, RotationGrace = TimeSpan.FromSeconds(grace) },
            decorate: decorate
        );
        world.Client.Rotation = grace > 0 ? Rotation.Grace : Rotation.Strict;
        world.Client.Grace = TimeSpan.FromSeconds(grace);
        for (int i = 0; i < many; i++)
        {
            await Browser.ConnectAsync(world, $"user-{i}");
        }

        return world;
    }

    /// <summary>The background works on while this time passes.</summary>
    /// <param name="patience">
    /// Of the real clock: how long a turn may take before more time passes within it. Where requests are answered it is long:
    /// an answer that is on its way must not run out of a time that passes faster than the machine works.
    /// </param>
    private static async Task BackgroundAsync(World world, TimeSpan time, TimeSpan? patience = null)
    {
        DateTimeOffset end = world.Time.GetUtcNow() + time;
        Task turn = Task.CompletedTask;
        while (world.Time.GetUtcNow() < end || !turn.IsCompleted)
        {
            if (turn.IsCompleted && world.Time.GetUtcNow() < end)
            {
                await turn;
                turn = world.Authorization.WorkAsync(World.Cancel);
            }

            Task pause = Task.Delay(patience ?? TimeSpan.FromMilliseconds(10), TimeProvider.System, World.Cancel);
            await Task.WhenAny(turn, pause);
            world.Time.Advance(TimeSpan.FromSeconds(10));
        }

        await turn;
    }

    private static async Task<IReadOnlyList<ConnectedAccount>> AccountsAsync(World world, int many)
    {
        List<ConnectedAccount> accounts = [];
        for (int i = 0; i < many; i++)
        {
            accounts.Add(await world.AccountAsync($"user-{i}"));
        }

        return accounts;
    }

    private static async Task<FreshCredential> FreshenAsync(World world, ConnectedAccount account) =>
        await RefreshTests.FreshenAsync(world, await world.CredentialAsync(account.Identifier.Value));
}
