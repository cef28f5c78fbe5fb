using Behalf.Connections;
using Behalf.Identity;
using Behalf.Tests.Authorization;

namespace Behalf.Tests.Connections;

public sealed class ConnectionsTests
{
    [Fact]
    public async Task NewConnection_HasItsOwnRedirectUri_AndTheConnectorsDefaults()
    {
        await using World world = await World.StartAsync();
        Result<ConnectionView> found = await world.Connections.FindAsync(
            world.Environment.Id,
            world.Connection.Id,
            World.Cancel
        );
        found
            .Value!.RedirectUri.AbsoluteUri.Should()
            .Be($"https://behalf.example/sso/v1/oauth/{world.Connection.Id}/callback");
        found.Value.Connection.ToolPrefix.Should().Be(found.Value.Connection.Connector);
        found.Value.Connection.Scopes.Should().Be(ScopeSet.Parse("tasks:read tasks:write"));
        world.ReadFiles().Should().NotContain(World.ClientSecret);
    }

    [Fact]
    public async Task ToolPrefixes_AreUnique_AndFollowTheName()
    {
        await using World world = await World.StartAsync();
        Result<ConnectionView> second = await AddAsync(world, n => n with { Name = ConnectionName.Parse("Team-B") });
        second.Value!.Connection.ToolPrefix.Should().Be("team_b");
        (await AddAsync(world, n => n with { Name = ConnectionName.Parse("Team-B") }))
            .Problem!.Code.Should()
            .Be("name_taken");
        (await AddAsync(world, n => n with { Name = ConnectionName.Parse("third"), ToolPrefix = "team_b" }))
            .Problem!.Code.Should()
            .Be("tool_prefix_taken");
        Result<ConnectionView> fourth = await AddAsync(world, n => n with { Name = ConnectionName.Parse("team b") });
        fourth.Value!.Connection.ToolPrefix.Should().Be($"{world.Connection.Connector}_2");
    }

    [Theory]
    [InlineData("http://provider.example")]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://[::1]")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://10.0.0.1")]
    [InlineData("https://[::ffff:10.0.0.1]")]
    [InlineData("https://user:pw@provider.example")]
    [InlineData("https://provider.example/?x=1")]
    [InlineData("https://provider.example/#x")]
    [InlineData("ftp://provider.example")]
    public async Task ProviderUrlPointingInward_IsRefusedWhenSaved(string url)
    {
        await using World world = await World.StartAsync();
        foreach (
            Func<NewConnection, NewConnection> change in new Func<NewConnection, NewConnection>[]
            {
                n => n with { BaseUrl = new Uri(url) },
                n => n with { OAuthUrl = new Uri(url) },
            }
        )
        {
            (await AddAsync(world, change)).Problem!.Kind.Should().Be(ProblemKind.InvalidArgument);
        }
    }

    [Fact]
    public async Task AllFaults_AreNamedAtOnce()
    {
        await using World world = await World.StartAsync();
        Result<ConnectionView> added = await AddAsync(
            world,
            n => n with { ClientId = null, ClientSecret = null, ToolPrefix = "No Prefix" }
        );
        added
            .Problem!.Violations.Select(v => v.Field)
            .Should()
            .BeEquivalentTo("client_id", "client_secret", "tool_prefix");
    }

    [Fact]
    public async Task SessionsAndForeignClients_CannotAddConnections()
    {
        await using World world = await World.StartAsync();
        DeploymentEnvironment other = await world.AddEnvironmentAsync("other");
        foreach (
            Principal stranger in new[] { await world.SessionAsync("alice"), await world.AddClientAsync(other.Id) }
        )
        {
            (await AddAsync(world, n => n, stranger)).Problem!.Kind.Should().Be(ProblemKind.Forbidden);
        }
    }

    [Fact]
    public async Task Session_SeesItsOwnAccountsOnly()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        await Browser.ConnectAsync(world, "bob");
        Principal alice = await world.SessionAsync("alice");
        ConnectedAccount bobs = await world.AccountAsync("bob");
        Result<ConnectedAccount> foreign = await world.Connections.FindAccountAsync(alice, bobs.Id, World.Cancel);
        Result<ConnectedAccount> unknown = await world.Connections.FindAccountAsync(
            alice,
            EntityId.New<AccountId>(world.Time),
            World.Cancel
        );
        foreign.Problem.Should().BeEquivalentTo(unknown.Problem);

        var filter = new AccountFilter { Environment = world.Environment.Id };
        var page = new PageRequest(100);
        (await world.Connections.ListAccountsAsync(alice, filter, page, World.Cancel))
            .Items.Should()
            .OnlyContain(account => account.Identifier.Value == "alice")
            .And.ContainSingle();
        AccountFilter naming = filter with { Identifier = Identifier.Parse("bob") };
        (await world.Connections.ListAccountsAsync(alice, naming, page, World.Cancel)).Items.Should().BeEmpty();
        (await world.Connections.DisconnectAsync(alice, bobs, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        (await world.Connections.ListAccountsAsync(world.Service, filter, page, World.Cancel))
            .Items.Should()
            .HaveCount(2);
    }

    [Fact]
    public async Task ForeignEnvironment_FindsNothing()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        DeploymentEnvironment other = await world.AddEnvironmentAsync("other");
        Principal stranger = await world.AddClientAsync(other.Id);
        ConnectedAccount account = await world.AccountAsync("alice");
        (await world.Connections.FindAccountAsync(stranger, account.Id, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        (await world.Connections.DeleteAccountAsync(stranger, account, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        var filter = new AccountFilter { Environment = world.Environment.Id };
        (await world.Connections.ListAccountsAsync(stranger, filter, new PageRequest(10), World.Cancel))
            .Items.Should()
            .BeEmpty();
    }

    [Fact]
    public async Task LimitedClient_SeesItsConnectionsOnly()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        var limits = new CredentialLimits(new HashSet<string>(StringComparer.Ordinal) { "elsewhere" }, null);
        Principal limited = await world.AddClientAsync(world.Environment.Id, limits);
        ActingSubject subject = await world.SubjectAsync("alice", limited);
        (await world.Connections.AccountsOfAsync(subject, World.Cancel)).Should().BeEmpty();
        (await world.Connections.FindAccountAsync(subject, world.Connection.Name, AccountLabels.None, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        var filter = new AccountFilter { Environment = world.Environment.Id };
        (await world.Connections.ListAccountsAsync(limited, filter, new PageRequest(10), World.Cancel))
            .Items.Should()
            .BeEmpty();
    }

    [Fact]
    public async Task Labels_NarrowALookUpExactly_AndNeverSelect()
    {
        await using World world = await World.StartAsync();
        ActingSubject alice = await world.SubjectAsync("alice");
        var labels = new AccountLabels("acme", "u-1");
        Result<ConnectedAccount> created = await world.Connections.CreateAccountAsync(
            alice,
            world.Connection.Name,
            labels,
            World.Cancel
        );
        created.Value!.State.Should().Be(AccountState.PendingAuth);
        (await world.Connections.CreateAccountAsync(alice, world.Connection.Name, labels, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.AlreadyExists);
        (await FindAsync(alice, labels)).Succeeded.Should().BeTrue();
        (await FindAsync(alice, new AccountLabels("Acme", "u-1"))).Succeeded.Should().BeFalse();
        (await FindAsync(await world.SubjectAsync("bob"), labels)).Succeeded.Should().BeFalse();

        Task<Result<ConnectedAccount>> FindAsync(ActingSubject subject, AccountLabels narrowed) =>
            world.Connections.FindAccountAsync(subject, world.Connection.Name, narrowed, World.Cancel);
    }

    [Fact]
    public async Task DeletedAccount_IsGoneForEveryLookUp_AndItsGrantIsRevoked()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        ConnectedAccount account = await world.AccountAsync("alice");
        (await world.Connections.DeleteAccountAsync(world.Service, account, World.Cancel)).Succeeded.Should().BeTrue();
        (await world.Connections.FindAccountAsync(world.Service, account.Id, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        (await world.Connections.AccountsOfAsync(await world.SubjectAsync("alice"), World.Cancel)).Should().BeEmpty();
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("alice").Should().Be(0);
    }

    private static Task<Result<ConnectionView>> AddAsync(
        World world,
        Func<NewConnection, NewConnection> change,
        Principal? principal = null
    )
    {
        var wanted = new NewConnection
        {
            Connector = world.Connection.Connector,
            Name = ConnectionName.Parse("another"),
            ClientId = "client-x",
            ClientSecret = Secret.FromText("secret-x"),
        };
        return world.Connections.AddAsync(
            principal ?? world.Service,
            world.Environment.Id,
            change(wanted),
            World.Cancel
        );
    }
}
