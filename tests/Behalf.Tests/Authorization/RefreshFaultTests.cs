using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;

namespace Behalf.Tests.Authorization;

/// <summary>Failures of our own in the midst of a refresh: no lease stays behind, no pair is lost, no account is blamed.</summary>
public sealed class RefreshFaultTests
{
    private static readonly TimeSpan PastExpiry = TimeSpan.FromMinutes(61);
    private static readonly TimeSpan WellBeforeTheLeasesEnd = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task LeaseThatPassedBeforeItWasRead_IsNoDisconnection()
    {
        await using World world = await World.StartAsync(decorate: services =>
            services.Decorate<IRefreshStore>(inner => new GoneLease(inner))
        );
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);

        (await RefreshTests.FreshenAsync(world, stale))
            .Should()
            .BeOfType<FreshCredential.Later>()
            .Which.Reason.Should()
            .Be("lease_lost");

        (await RefreshTests.FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Usable>();
    }

    [Fact]
    public async Task LeaseTakenWithoutWord_IsLetGo_AlthoughNobodyComesBack()
    {
        await using World world = await WithoutWordAsync();
        AccountId account = (await world.CredentialAsync("alice")).Key.Account;
        DateTimeOffset began = world.Time.GetUtcNow();

        RefreshLease? another = null;
        while (another is null && world.Time.GetUtcNow() - began < WellBeforeTheLeasesEnd)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, World.Cancel);
            another = await world
                .Get<IRefreshStore>()
                .AcquireAsync(world.Environment.Id, account, TimeSpan.FromSeconds(1), World.Cancel);
        }

        another.Should().NotBeNull();
    }

    [Fact]
    public async Task LeaseTakenWithoutWord_IsTakenUp_ByTheNextCaller()
    {
        await using World world = await WithoutWordAsync();
        DateTimeOffset began = world.Time.GetUtcNow();

        FreshCredential fresh = await RefreshTests.FreshenAsync(world, await world.CredentialAsync("alice"));

        fresh.Should().BeOfType<FreshCredential.Usable>();
        world.Time.GetUtcNow().Should().Be(began, "it waited for nothing");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task FailureWhileAsking_LeavesNoLease_AndEndsNoAccount_HoweverOftenItComes()
    {
        BrokenDoor? door = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IEgress>(inner => door = new BrokenDoor(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        for (int i = 0; i < 4; i++)
        {
            door!.Failures = 1;
            await world
                .Awaiting(w => RefreshTests.FreshenAsync(w, stale))
                .Should()
                .ThrowAsync<InvalidOperationException>();
            (await RefreshTests.FreshenAsync(world, stale)).Should().BeOfType<FreshCredential.Later>("it backs off");
            world.Time.Advance(TimeSpan.FromMinutes(20));
        }

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task PairThatCannotBeSealed_IsKept_UntilItCan()
    {
        ShutVault? vault = null;
        await using World world = await World.StartAsync(
            p => p with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate<IVault>(inner => vault = new ShutVault(inner))
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        vault!.Failures = 3;

        FreshCredential fresh = await RefreshTests.AdvanceUntilAsync(world, RefreshTests.FreshenAsync(world, stale));

        fresh.Should().BeOfType<FreshCredential.Usable>().Which.Credential.Generation.Should().Be(2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        world.Time.Advance(PastExpiry);
        (await RefreshTests.GenerationAfterAsync(world)).Should().Be(3, "the rotated token is the one that was kept");
    }

    /// <summary>Alice's token has ended, and the first lease for it was taken without word.</summary>
    private static async Task<World> WithoutWordAsync()
    {
        World world = await World.StartAsync(decorate: services =>
            services.Decorate<IRefreshStore>(inner => new LeaseWithoutWord(inner))
        );
        await Browser.ConnectAsync(world, "alice");
        SealedCredential stale = await world.CredentialAsync("alice");
        world.Time.Advance(PastExpiry);
        await world
            .Awaiting(w => RefreshTests.FreshenAsync(w, stale))
            .Should()
            .ThrowAsync<StorageUnavailableException>();
        return world;
    }
}
