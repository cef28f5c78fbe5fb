using Behalf.Authorization;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

public abstract class ConnectionSuite : StoreTests
{
    [Fact]
    public async Task Connection_IsReadBackWhole()
    {
        Connection connection = Acme.NewConnection(Storage, Acme.Id, "marketing tasks", "marketing") with
        {
            AllowedTools = ["list_*", "create_task"],
            PolicyRevision = 7,
            Proxy = ProxyMode.Read,
        };
        (await Storage.Connections.AddAsync(connection, Traces.None, Cancellation)).Should().BeNull();

        (await Storage.Connections.FindAsync(Acme.Id, connection.Id, Cancellation)).Should().BeEquivalentTo(connection);
        (await Storage.Connections.FindByNameAsync(Acme.Id, connection.Name, Cancellation))
            .Should()
            .BeEquivalentTo(connection);
        (await Storage.Connections.FindForCallbackAsync(connection.Id, Cancellation))
            .Should()
            .BeEquivalentTo(connection);
    }

    [Fact]
    public async Task Connections_AreFoundByTheirToolPrefixes()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "b tasks", "tasks_of");
        Connection first = Acme.NewConnection(Storage, Acme.Id, "a tasks", "tasks");
        Connection other = Acme.NewConnection(Storage, Acme.Id, "c tasks", "tas");
        Connection removed = Acme.NewConnection(Storage, Acme.Id, "d tasks", "tasks_of_old");
        Acme elsewhere = await Acme.BuildAsync(Storage, "elsewhere");
        Connection foreign = Acme.NewConnection(Storage, elsewhere.Id, "tasks", "tasks");
        foreach (Connection one in (Connection[])[second, first, other, removed, foreign])
        {
            (await Storage.Connections.AddAsync(one, Traces.None, Cancellation)).Should().BeNull();
        }

        await Storage.Connections.RemoveAsync(Acme.Id, removed.Id, Traces.None, Cancellation);
        string[] prefixes = ["tasks", "tasks_of", "tasks_of_old"];
        (await Storage.Connections.OfPrefixesAsync(Acme.Id, prefixes, Cancellation))
            .Should()
            .BeEquivalentTo([first, second], options => options.WithStrictOrdering());
        (await Storage.Connections.OfPrefixesAsync(Acme.Id, ["Tasks"], Cancellation)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(ProxyMode.Off)]
    [InlineData(ProxyMode.Full)]
    [InlineData(null)]
    public async Task ProxyMode_IsSet_AndMovesThePolicyRevision(ProxyMode? mode)
    {
        Connection before = (await Storage.Connections.FindAsync(Acme.Id, Acme.Connection.Id, Cancellation))!;

        (
            await Storage.Connections.ChangeAsync(
                before with
                {
                    Proxy = mode,
                },
                moves: false,
                Traces.Of(Acme.Draft()),
                Cancellation
            )
        )
            .Should()
            .Be(ConnectionChanged.Done);

        (await Storage.Connections.FindAsync(Acme.Id, before.Id, Cancellation))
            .Should()
            .BeEquivalentTo(
                before with
                {
                    Proxy = mode,
                    PolicyRevision = before.PolicyRevision + 1,
                    RowVersion = before.RowVersion + 1,
                }
            );
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Theory]
    [InlineData("practice", "other", "name")]
    [InlineData("other", "practice", "tool_prefix")]
    [InlineData("practice", "practice", "name")]
    public async Task Connection_IsRefusedWithWhatIsTaken(string name, string prefix, string taken)
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, name, prefix);

        (await Storage.Connections.AddAsync(second, Traces.Of(Acme.Draft()), Cancellation)).Should().Be(taken);

        (await Storage.Connections.FindAsync(Acme.Id, second.Id, Cancellation)).Should().BeNull();
        (await Acme.TrailAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Connection_IsAddedByOne_WhenManyAddTheSameName()
    {
        string?[] taken = await AtOnceAsync(
            20,
            _ =>
                Storage.Connections.AddAsync(
                    Acme.NewConnection(Storage, Acme.Id, "second", "second"),
                    Traces.None,
                    Cancellation
                )
        );

        taken.Should().ContainSingle(value => value == null);
        taken.Where(value => value != null).Should().AllBe("name");
    }

    private Connection Changed() =>
        Acme.Connection with
        {
            Name = ConnectionName.Parse("renamed"),
            ClientId = "another-client",
            ClientSecretSealed = [4, 5],
            Scopes = ScopeSet.Parse("tasks:read"),
            BaseUrl = new Uri("https://other.example.com"),
            OAuthUrl = new Uri("https://login.example.com"),
            AllowedTools = ["list_*"],
            Enabled = false,
        };

    [Fact]
    public async Task Change_IsMadeByOne_WhenManyChangeTheSameVersion()
    {
        ConnectionChanged[] answers = await AtOnceAsync(
            20,
            _ => Storage.Connections.ChangeAsync(Changed(), true, Traces.Of(Acme.Draft()), Cancellation)
        );

        answers.Should().ContainSingle(answer => answer == ConnectionChanged.Done);
        answers
            .Where(answer => answer != ConnectionChanged.Done)
            .Should()
            .AllBeEquivalentTo(ConnectionChanged.Outdated);
        (await Acme.TrailAsync()).Should().ContainSingle();
        (await Storage.Connections.FindAsync(Acme.Id, Acme.Connection.Id, Cancellation))
            .Should()
            .BeEquivalentTo(
                Changed() with
                {
                    RowVersion = Acme.Connection.RowVersion + 1,
                    PolicyRevision = Acme.Connection.PolicyRevision + 1,
                }
            );
    }

    [Fact]
    public async Task Change_IsRefused_WhenTheNameIsTaken()
    {
        Connection other = Acme.NewConnection(Storage, Acme.Id, "renamed", "other");
        await Storage.Connections.AddAsync(other, Traces.None, Cancellation);

        (await Storage.Connections.ChangeAsync(Changed(), false, Traces.Of(Acme.Draft()), Cancellation))
            .Should()
            .Be(ConnectionChanged.NameTaken);

        (await Acme.TrailAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Name_IsGivenToOne_WhenManyConnectionsAreRenamedToIt()
    {
        List<Connection> connections = [];
        for (int i = 0; i < 8; i++)
        {
            Connection one = Acme.NewConnection(Storage, Acme.Id, $"name-{i}", $"prefix-{i}");
            (await Storage.Connections.AddAsync(one, Traces.None, Cancellation)).Should().BeNull();
            connections.Add(one with { Name = ConnectionName.Parse("renamed") });
        }

        ConnectionChanged[] answers = await AtOnceAsync(
            connections.Count,
            i => Storage.Connections.ChangeAsync(connections[i], false, Traces.Of(Acme.Draft()), Cancellation)
        );

        answers.Should().ContainSingle(answer => answer == ConnectionChanged.Done);
        answers
            .Where(answer => answer != ConnectionChanged.Done)
            .Should()
            .AllBeEquivalentTo(ConnectionChanged.NameTaken);
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Move_IsRefused_WhileACredentialAnExchangeOrARevocationHoldsTokens()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        await Acme.FlowAsync(account, FlowStep.Exchanging);
        (await MoveAsync()).Should().Be(ConnectionChanged.HoldsTokens, "an exchange is running");

        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        (await MoveAsync()).Should().Be(ConnectionChanged.HoldsTokens, "a credential is stored");
        (await Storage.Connections.ChangeAsync(Acme.Connection, false, Traces.None, Cancellation))
            .Should()
            .Be(ConnectionChanged.Done, "what moves no token may change at any time");

        foreach (ConnectedAccount one in new[] { account, bob })
        {
            ConnectedAccount now = await Acme.ReadAsync(one);
            RevocationJob? job = one == bob ? Acme.NewJob(now) : null;
            (
                await Storage.Accounts.StopAsync(
                    now,
                    now.RowVersion,
                    false,
                    AccountReasons.Revoked,
                    job,
                    Traces.None,
                    Cancellation
                )
            )
                .Should()
                .BeTrue();
        }

        (await MoveAsync()).Should().Be(ConnectionChanged.HoldsTokens, "a token is on its way out");
        RevocationJob left = (await Storage.Revocations.DueAsync(10, [], Cancellation)).Single();
        await Storage.Revocations.FinishAsync(left, "provider_status_200", Traces.None, Cancellation);
        (await MoveAsync()).Should().Be(ConnectionChanged.Done);
    }

    private async Task<ConnectionChanged> MoveAsync()
    {
        Connection now = (await Storage.Connections.FindAsync(Acme.Id, Acme.Connection.Id, Cancellation))!;
        return await Storage.Connections.ChangeAsync(
            now with
            {
                BaseUrl = new Uri("https://other.example.com"),
            },
            true,
            Traces.None,
            Cancellation
        );
    }

    [Fact]
    public async Task Context_IsKeptPerOrganization_AndGoesWithItsConnection()
    {
        ConnectionId id = Acme.Connection.Id;
        Task<bool> PutAsync(string organization, string json) =>
            Storage.Connections.PutContextAsync(Acme.Id, id, organization, json, Traces.None, Cancellation);
        Task<string?> FindAsync(string organization) =>
            Storage.Connections.FindContextAsync(Acme.Id, id, organization, Cancellation);

        (await FindAsync("")).Should().BeNull();
        (await PutAsync("", "{}")).Should().BeTrue();
        (await PutAsync("org", """{"a":1}""")).Should().BeTrue();
        (await PutAsync("", """{"b":2}""")).Should().BeTrue();
        (await FindAsync("")).Should().Be("""{"b":2}""");
        (await FindAsync("org")).Should().Be("""{"a":1}""");

        (await Storage.Connections.RemoveAsync(Acme.Id, id, Traces.None, Cancellation)).Should().BeTrue();
        (await FindAsync("")).Should().BeNull();
        (await PutAsync("", "{}")).Should().BeFalse();
    }

    [Fact]
    public async Task Connection_CannotBeRemoved_WhileAnAccountHoldsACredential()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");

        (await Storage.Connections.RemoveAsync(Acme.Id, Acme.Connection.Id, Traces.None, Cancellation))
            .Should()
            .BeFalse();

        await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Disconnected,
            null,
            Traces.None,
            Cancellation
        );
        (await Storage.Connections.RemoveAsync(Acme.Id, Acme.Connection.Id, Traces.None, Cancellation))
            .Should()
            .BeTrue();
        (await Storage.Connections.FindAsync(Acme.Id, Acme.Connection.Id, Cancellation)).Should().BeNull();
        (await Storage.Connections.FindForCallbackAsync(Acme.Connection.Id, Cancellation)).Should().BeNull();
        (await Storage.Accounts.FindAsync(Acme.Id, account.Id, Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task ConnectionName_IsFreeAgain_OnceItsConnectionIsRemoved()
    {
        (await Storage.Connections.RemoveAsync(Acme.Id, Acme.Connection.Id, Traces.None, Cancellation))
            .Should()
            .BeTrue();

        Connection again = Acme.NewConnection(Storage, Acme.Id, "practice", "practice");
        (await Storage.Connections.AddAsync(again, Traces.None, Cancellation)).Should().BeNull();
        Connection? found = await Storage.Connections.FindByNameAsync(
            Acme.Id,
            ConnectionName.Parse("practice"),
            Cancellation
        );
        found!.Id.Should().Be(again.Id);
    }

    [Fact]
    public async Task Connections_AreListedInTheOrderOfTheirIds()
    {
        for (int i = 0; i < 4; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            Connection connection = Acme.NewConnection(Storage, Acme.Id, $"number {i}", $"n{i}");
            await Storage.Connections.AddAsync(connection, Traces.None, Cancellation);
        }

        Page<Connection> first = await Storage.Connections.ListAsync(Acme.Id, new PageRequest(3), Cancellation);
        Page<Connection> rest = await Storage.Connections.ListAsync(
            Acme.Id,
            new PageRequest(3, After: first.Next),
            Cancellation
        );

        first.TotalSize.Should().Be(5);
        first.Previous.Should().BeNull();
        rest.Next.Should().BeNull();
        first
            .Items.Concat(rest.Items)
            .Select(c => c.Name.Value)
            .Should()
            .Equal("practice", "number 0", "number 1", "number 2", "number 3");
    }
}
