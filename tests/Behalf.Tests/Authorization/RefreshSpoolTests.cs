using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;

namespace Behalf.Tests.Authorization;

/// <summary>A pair that the provider gave is not lost with a process that could not store it.</summary>
public sealed class RefreshSpoolTests
{
    private static readonly TimeSpan PastExpiry = TimeSpan.FromMinutes(61);

    [Fact]
    public async Task ReceivedPair_IsStoredByTheNextProcess_WhenThisOneDiesWithoutADatabase()
    {
        await using World world = await DyingAsync();
        string file = Directory.GetFiles(world.Spool).Should().ContainSingle().Subject;
        string content = await File.ReadAllTextAsync(file, World.Cancel);
        world.Provider.Issued.Should().NotContain(token => content.Contains(token, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await world.RestartAsync();
        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        SealedCredential stored = await world.CredentialAsync("alice");
        stored.Generation.Should().Be(2);
        Directory.GetFiles(world.Spool).Should().BeEmpty();
        world.Time.Advance(PastExpiry);
        FreshCredential next = await FreshenAsync(world, stored);
        next.Should().BeOfType<FreshCredential.Usable>("the stored pair is the provider's newest");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(2, "one for each generation");
    }

    [Fact]
    public async Task SpooledPair_IsRevoked_WhenTheAccountWasStoppedMeanwhile()
    {
        await using World world = await DyingAsync();
        await world.RestartAsync();
        ConnectedAccount account = await world.AccountAsync("alice");
        (await world.Connections.DisconnectAsync(world.Service, account, World.Cancel)).Succeeded.Should().BeTrue();

        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Disconnected);
        Directory.GetFiles(world.Spool).Should().BeEmpty();
        IReadOnlyList<RevocationJob> jobs = await world.Get<IRevocationStore>().DueAsync(10, [], World.Cancel);
        jobs.Should().HaveCount(2, "the pair in use, and the one that came after it was stopped");
    }

    [Fact]
    public async Task SpooledPair_OfARemovedConnection_IsRevoked_WhileItsClientIsKnown()
    {
        await using World world = await DyingAsync();
        await world.RestartAsync();
        world.Client.NextRevokeReplies.Enqueue(new OddReply.Text(500, "text/plain", "later"));
        (
            await world.Connections.RemoveAsync(
                world.Service,
                world.Environment.Id,
                world.Connection.Name,
                force: true,
                World.Cancel
            )
        )
            .Problem.Should()
            .BeNull();

        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        Directory.GetFiles(world.Spool).Should().BeEmpty();
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.Authorization.WorkAsync(World.Cancel);
        world
            .Provider.Received.Count(request => request.Endpoint == "revoke")
            .Should()
            .Be(3, "twice the pair that was in use, and the one that was in the spool");
        world.Provider.CountLiveGrants("alice").Should().Be(0);
    }

    [Fact]
    public async Task SpooledPair_BringsBackTheAccount_ThatWasGivenUpForIt()
    {
        await using World world = await DyingAsync();
        await world.RestartAsync();
        AccountId account = (await world.AccountAsync("alice")).Id;
        await GivenUpMeanwhile.GiveUpAsync(world.Get<IRefreshStore>(), world.Environment.Id, account, World.Cancel);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Expired);

        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        ConnectedAccount after = await world.AccountAsync("alice");
        (after.State, after.Generation).Should().Be((AccountState.Active, 2));
        (await world.EventsAsync())
            .Should()
            .ContainSingle(e => e.Event.Data.GetValueOrDefault("old_status") == "EXPIRED");
        (await world.AuditAsync()).Should().ContainSingle(record => record.Draft.Action == "account.recovered");
        Directory.GetFiles(world.Spool).Should().BeEmpty();
    }

    [Theory]
    [InlineData("\"Generation\":2", "\"Generation\":3")]
    [InlineData("\"Sealed\":\"AQ", "\"Sealed\":\"AR")]
    [InlineData("}", "")]
    public async Task AlteredFile_IsOpenedByNobody(string part, string other)
    {
        await using World world = await DyingAsync();
        string file = Directory.GetFiles(world.Spool).Should().ContainSingle().Subject;
        string content = await File.ReadAllTextAsync(file, World.Cancel);
        content.Should().Contain(part);
        await File.WriteAllTextAsync(file, content.Replace(part, other, StringComparison.Ordinal), World.Cancel);
        await world.RestartAsync();

        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        (await world.CredentialAsync("alice")).Generation.Should().Be(1);
        world.Logs.Lines.Should().Contain(line => line.StartsWith("Critical", StringComparison.Ordinal));
        File.Exists(file).Should().BeTrue("an operator may still want to know");
    }

    [Fact]
    public async Task OldFile_ChangesNothing()
    {
        await using World world = await DyingAsync();
        string file = Directory.GetFiles(world.Spool).Should().ContainSingle().Subject;
        byte[] content = await File.ReadAllBytesAsync(file, World.Cancel);
        await world.RestartAsync();
        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);
        world.Time.Advance(PastExpiry);
        await FreshenAsync(world, await world.CredentialAsync("alice"));
        (await world.CredentialAsync("alice")).Generation.Should().Be(3);
        await File.WriteAllBytesAsync(file, content, World.Cancel);

        await world.RestartAsync();
        await world.Get<IRefreshSpool>().ReplayAsync(World.Cancel);

        (await world.CredentialAsync("alice")).Generation.Should().Be(3);
        File.Exists(file).Should().BeFalse();
    }

    [Fact]
    public async Task NothingStaysInTheSpool_WhenTheDatabaseComesBackInTime()
    {
        FailingCommits? store = null;
        await using World world = await StartAsync(inner => store = new FailingCommits(inner));
        store!.Failures = 5;

        FreshCredential fresh = await RefreshTests.AdvanceUntilAsync(
            world,
            FreshenAsync(world, await world.CredentialAsync("alice"))
        );

        fresh.Should().BeOfType<FreshCredential.Usable>();
        Directory.GetFiles(world.Spool).Should().BeEmpty();
    }

    private static async Task<World> StartAsync(Func<IRefreshStore, IRefreshStore> decorate)
    {
        World world = await World.StartAsync(
            profile => profile with { Rotation = RefreshRotation.Rotating },
            decorate: services => services.Decorate(decorate)
        );
        world.Client.Rotation = Rotation.Strict;
        await Browser.ConnectAsync(world, "alice");
        world.Time.Advance(PastExpiry);
        return world;
    }

    /// <summary>The pair is received and in the spool, the database takes nothing, and the process is about to go.</summary>
    private static async Task<World> DyingAsync()
    {
        FailingCommits? store = null;
        World world = await StartAsync(inner => store = new FailingCommits(inner));
        store!.Failures = int.MaxValue;
        _ = FreshenAsync(world, await world.CredentialAsync("alice"));
        while (!Directory.Exists(world.Spool) || Directory.GetFiles(world.Spool, "*.pair").Length == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, World.Cancel);
        }

        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        return world;
    }

    private static Task<FreshCredential> FreshenAsync(World world, SealedCredential credential) =>
        world.Authorization.FreshenAsync(credential, world.Connection, FreshenReason.BeforeUse, World.Cancel);
}
