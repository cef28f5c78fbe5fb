using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.TestAuthorizationServer;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Authorization;

/// <summary>What the background renews, when, and that one account's trouble is no other's.</summary>
public sealed class DueRefreshesTests
{
    [Fact]
    public async Task AccountThatCannotBeWorkedOn_IsHeldBack_AndTriedAgain()
    {
        await using World world = await RefreshTests.ConnectedAsync();
        world.Catalog.Broken = world.Connection.ConnectorRevision;
        world.Time.Advance(TimeSpan.FromMinutes(56));
        for (int turn = 0; turn < 10; turn++)
        {
            await world.Authorization.WorkAsync(World.Cancel);
        }

        world.Logs.Lines.Count(line => line.Contains("does not load", StringComparison.Ordinal)).Should().Be(1);
        (await world.Get<IRefreshStore>().DueAsync(10, [], World.Cancel)).Should().BeEmpty("others come first");

        world.Catalog.Broken = null;
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.CredentialAsync("alice")).Generation.Should().Be(2);
    }

    [Fact]
    public async Task TwoNodes_RenewEachAccountOnce()
    {
        const int Many = 24;
        await using World world = await World.StartAsync();
        await using ServiceProvider second = world.AddNode();
        for (int i = 0; i < Many; i++)
        {
            await Browser.ConnectAsync(world, $"user-{i}");
        }

        world.Time.Advance(TimeSpan.FromMinutes(56));
        IAuthorization[] nodes = [world.Authorization, second.GetRequiredService<IAuthorization>()];
        for (int turn = 0; turn < 3; turn++)
        {
            await Task.WhenAll(nodes.Select(node => node.WorkAsync(World.Cancel)));
        }

        world.Provider.CountTokenRequests("refresh_token").Should().Be(Many);
        for (int i = 0; i < Many; i++)
        {
            (await world.CredentialAsync($"user-{i}")).Generation.Should().Be(2);
        }
    }

    [Fact]
    public async Task MissingLifetime_WithTheProfiles_IsRenewedAhead()
    {
        await using World world = await WithoutLifetimeAsync(p =>
            p with
            {
                DefaultAccessLifetime = TimeSpan.FromHours(1),
            }
        );
        world.Time.Advance(TimeSpan.FromMinutes(56));
        await world.Authorization.WorkAsync(World.Cancel);

        (await world.CredentialAsync("alice")).Generation.Should().Be(2);
    }

    [Fact]
    public async Task MissingLifetime_IsRenewedBeforeItsRefreshTokenIdlesOut()
    {
        await using World world = await WithoutLifetimeAsync(p =>
            p with
            {
                Rotation = RefreshRotation.Rotating,
                RefreshIdleLifetime = TimeSpan.FromDays(30),
            }
        );
        for (int generation = 1; generation <= 2; generation++)
        {
            world.Time.Advance(TimeSpan.FromDays(23));
            await world.Authorization.WorkAsync(World.Cancel);
            (await world.CredentialAsync("alice")).Generation.Should().Be(generation);
            world.Time.Advance(TimeSpan.FromDays(4));
            await world.Authorization.WorkAsync(World.Cancel);
            (await world.CredentialAsync("alice")).Generation.Should().Be(generation + 1);
        }
    }

    [Fact]
    public async Task RefreshTokenWhoseEndIsStated_IsRenewedAhead()
    {
        await using World world = await WithoutLifetimeAsync(p => p, TimeSpan.FromDays(10));
        world.Time.Advance(TimeSpan.FromDays(7));
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.CredentialAsync("alice")).Generation.Should().Be(1);
        world.Time.Advance(TimeSpan.FromDays(2));
        await world.Authorization.WorkAsync(World.Cancel);
        (await world.CredentialAsync("alice")).Generation.Should().Be(2);
    }

    [Fact]
    public async Task NothingStated_IsLeftToTheProvidersWord()
    {
        await using World world = await WithoutLifetimeAsync(p => p, TimeSpan.Zero);
        world.Time.Advance(TimeSpan.FromDays(300));
        await world.Authorization.WorkAsync(World.Cancel);

        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
    }

    /// <summary>Alice, connected at a provider that does not say how long its access tokens live.</summary>
    /// <param name="refresh">What it says of its refresh tokens.</param>
    private static async Task<World> WithoutLifetimeAsync(
        Func<OAuthProfile, OAuthProfile> profile,
        TimeSpan? refresh = null
    )
    {
        World world = await World.StartAsync(profile);
        world.Client.Rotation = Rotation.Strict;
        world.Client.NamesLifetime = false;
        world.Client.RefreshLifetime = refresh;
        await Browser.ConnectAsync(world, "alice");
        return world;
    }
}
