using Behalf.Agent.Tests.Infrastructure;
using Behalf.Client;

namespace Behalf.Agent.Tests;

public sealed class AuthorizationTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static readonly AgentOptions WithLink = new()
    {
        DisplayName = "Carol",
        AuthorizationLink = (account, _) => Task.FromResult<Uri?>(new Uri($"https://connect.example.com/{account.Id}")),
    };

    [Fact]
    public async Task NoActiveAccount_AsksForItsReconnection_WithoutTheModel()
    {
        var carol = new FakeUser { Accounts = [new UserAccount("ca_3", "acme", "acme", "EXPIRED")] };
        const string prompt = "a prompt the model never sees";

        var run = await agent.RunAsync(prompt, carol, WithLink);

        run.All<AgentEvent.AuthorizationRequired>()
            .Single()
            .Should()
            .Be(new AgentEvent.AuthorizationRequired("acme", "EXPIRED", new Uri("https://connect.example.com/ca_3")));
        run.Completed.Should()
            .Match<AgentEvent.Completed>(end =>
                end.Stop == AgentStop.AuthorizationRequired
                && end.Text == "Carol must reconnect acme (EXPIRED): https://connect.example.com/ca_3"
                && end.Usage.Turns == 0
            );
        var seen = async () => await agent.LastRequestAsync(prompt);
        await seen.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task LinkThatCannotBeMade_IsSaid()
    {
        var carol = new FakeUser { Accounts = [new UserAccount("ca_3", "acme", "acme", "PENDING_AUTH")] };
        var options = new AgentOptions
        {
            AuthorizationLink = (_, _) => throw new BehalfException("unavailable", "Behalf cannot be reached."),
        };

        var run = await agent.RunAsync("anything", carol, options);

        run.Completed.Text.Should()
            .Be("You must connect acme (PENDING_AUTH). No link could be made: Behalf cannot be reached.");
    }

    [Fact]
    public async Task NeverConnected_AsksToConnect()
    {
        var run = await agent.RunAsync("anything", new FakeUser { Accounts = [] });

        run.Completed.Text.Should().Be("You must connect an account first.");
    }

    [Fact]
    public async Task AccountThatStopsDuringTheRun_IsTold_AndItsLinkStaysFromTheModel()
    {
        var carol = new FakeUser().Tool(
            "acme_list_projects",
            "Lists projects.",
            "",
            new ToolOutcome.Failed("account_not_active", "The connection was revoked.", null, NeedsAuthorization: true),
            readOnly: true
        );

        var run = await agent.RunAsync("List my projects, revoked", carol, WithLink);

        run.All<AgentEvent.AuthorizationRequired>()
            .Single()
            .Link.Should()
            .Be(new Uri("https://connect.example.com/ca_1"));
        run.Completed.Text.Should().Contain("must be reconnected");
        (await agent.LastRequestAsync("revoked")).ToJsonString().Should().NotContain("connect.example.com");
    }

    [Theory]
    [InlineData(true, "https://connect.example.com/ca_1")]
    [InlineData(false, "https://behalf.example.com/magicLink/of-the-refusal")]
    public async Task RefusalsOwnLink_IsShown_UnlessTheApplicationMakesOne(bool makesOne, string shown)
    {
        var refused = new ToolOutcome.Failed("reconnect_required", "It was revoked.", null, NeedsAuthorization: true)
        {
            AuthorizationLink = new Uri("https://behalf.example.com/magicLink/of-the-refusal"),
        };
        var carol = new FakeUser().Tool("acme_list_projects", "Lists projects.", "", refused, readOnly: true);
        var prompt = $"List my projects, refused {makesOne}";

        var run = await agent.RunAsync(prompt, carol, makesOne ? WithLink : null);

        run.All<AgentEvent.AuthorizationRequired>().Single().Link.Should().Be(new Uri(shown));
        (await agent.LastRequestAsync(prompt)).ToJsonString().Should().NotContain("magicLink");
    }

    [Fact]
    public async Task OtherAccounts_AreMentionedOnlyWhenATheirToolAsks()
    {
        var user = new FakeUser
        {
            Accounts =
            [
                new UserAccount("ca_1", "acme", "acme", "ACTIVE"),
                new UserAccount("ca_2", "other", "other", "EXPIRED"),
            ],
        }.Tool("acme_list_projects", "Lists projects.", "", FakeUser.Ok("""{"projects":[]}"""), readOnly: true);

        var run = await agent.RunAsync("List my projects", user, WithLink);

        run.All<AgentEvent.AuthorizationRequired>().Should().BeEmpty();
        run.Completed.Stop.Should().Be(AgentStop.Answered);
    }
}
