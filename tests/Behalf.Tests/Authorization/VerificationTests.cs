using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.TestAuthorizationServer;

namespace Behalf.Tests.Authorization;

public sealed class VerificationTests
{
    [Fact]
    public async Task ForwardedLink_NeverConnects_AndTheAuditNamesBoth()
    {
        await using World world = await World.StartAsync();
        using var mallory = new Browser(world);
        string requestId = await mallory.ConsentAsync(await Browser.LinkAsync(world, "alice"), "bob-at-provider");
        Result<Uri> verified = await VerifyAsync(world, requestId, "bob");
        verified.Problem!.Kind.Should().Be(ProblemKind.Forbidden);
        verified.Problem.Code.Should().Be("identifier_mismatch");

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.PendingAuth);
        (await world.AccountAsync("alice")).Reason.Should().Be(AccountReasons.VerificationMismatch);
        world.Provider.Received.Should().BeEmpty("the code was destroyed, not exchanged");
        AuditRecord denial = (await world.AuditAsync()).Single(record => record.Draft.Kind == AuditKind.Denial);
        denial.Draft.Detail.Should().Contain("alice").And.Contain("bob");
        denial.Draft.Principal.Should().Be(world.Service.ClientId);
    }

    [Fact]
    public async Task AfterAMismatch_TheSameAttemptKeeps403_AndTheRightOneIs404()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "bob");
        for (int i = 0; i < 3; i++)
        {
            (await VerifyAsync(world, requestId, "bob")).Problem!.Code.Should().Be("identifier_mismatch");
        }

        (await VerifyAsync(world, requestId, "alice")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
        (await world.AuditAsync()).Count(record => record.Draft.Kind == AuditKind.Denial).Should().Be(1);
        world.Time.Advance(TimeSpan.FromMinutes(11));
        (await VerifyAsync(world, requestId, "bob")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task AfterSuccess_TheIdIsGone()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        (await VerifyAsync(world, requestId, "alice")).Succeeded.Should().BeTrue();
        (await VerifyAsync(world, requestId, "alice")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
        (await VerifyAsync(world, requestId, "bob")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task UserSessionsAndForeignClients_CannotVerify()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        Identifier alice = Identifier.Parse("alice");
        Principal session = await world.SessionAsync("alice");
        (await world.Authorization.VerifyAsync(session, requestId, alice, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.Forbidden);

        DeploymentEnvironment other = await world.AddEnvironmentAsync("other");
        Principal foreign = await world.AddClientAsync(other.Id);
        Result<Uri> foreignAnswer = await world.Authorization.VerifyAsync(foreign, requestId, alice, World.Cancel);
        Result<Uri> unknownAnswer = await VerifyAsync(world, new string('A', 43), "alice");
        foreignAnswer.Problem.Should().BeEquivalentTo(unknownAnswer.Problem);
        (await VerifyAsync(world, requestId, "alice")).Succeeded.Should().BeTrue("nobody spent it");
    }

    [Fact]
    public async Task LimitedClient_CannotVerifyOtherConnections()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        var limits = new CredentialLimits(new HashSet<string>(StringComparer.Ordinal) { "something-else" }, null);
        Principal limited = await world.AddClientAsync(world.Environment.Id, limits);
        (await world.Authorization.VerifyAsync(limited, requestId, Identifier.Parse("alice"), World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task ParallelVerifications_JoinOneExchange()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<Result<Uri>>[] attempts = [.. Enumerable.Range(0, 20).Select(_ => VerifyAsync(world, requestId, "alice"))];
        await gate.Arrived;
        gate.Open();
        Result<Uri>[] answers = await Task.WhenAll(attempts);
        answers.Should().OnlyContain(answer => answer.Succeeded);
        world.Provider.CountTokenRequests("authorization_code").Should().Be(1);
    }

    [Fact]
    public async Task CallerThatLeaves_DoesNotStopTheExchange()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        using var leaving = new CancellationTokenSource();
        Identifier alice = Identifier.Parse("alice");
        Task<Result<Uri>> left = world.Authorization.VerifyAsync(world.Service, requestId, alice, leaving.Token);
        await gate.Arrived;
        await leaving.CancelAsync();
        await left.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        Task<Result<Uri>> second = VerifyAsync(world, requestId, "alice");
        gate.Open();
        (await second).Succeeded.Should().BeTrue();
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task TypedCode_IsAcceptedInAnyCase_AndGuessingIsThrottled()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice", r => r with { VerifyUrl = null });
        string code = await browser.ConsentAsync(link, "alice");
        code.Should().MatchRegex("^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$");
        Principal guesser = await world.AddClientAsync(world.Environment.Id);
        Identifier alice = Identifier.Parse("alice");
        for (int i = 0; i < 10; i++)
        {
            (await world.Authorization.VerifyAsync(guesser, $"AAAA{i}-BBBBB", alice, World.Cancel))
                .Problem!.Kind.Should()
                .Be(ProblemKind.NotFound);
        }

        Result<Uri> throttled = await world.Authorization.VerifyAsync(guesser, code, alice, World.Cancel);
        throttled.Problem!.Kind.Should().Be(ProblemKind.RateLimited);
        throttled.Problem.RetryAfter.Should().BePositive();

        string typed = $" {code.ToLowerInvariant().Replace("-", string.Empty, StringComparison.Ordinal)}";
        (await VerifyAsync(world, typed, "alice")).Succeeded.Should().BeTrue("the owner is not locked out");
    }

    [Fact]
    public async Task NeverVerified_ExpiresAndDestroysTheCode()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        world.Time.Advance(TimeSpan.FromMinutes(5));
        (await VerifyAsync(world, requestId, "alice")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
        await world.Authorization.WorkAsync(World.Cancel);
        AuthorizationFlow? flow = await world
            .Get<IFlowStore>()
            .FindByAuthRequestAsync(Digest.Of(requestId), World.Cancel);
        flow!.Step.Should().Be(FlowStep.Failed);
        flow.CodeSealed.Should().BeNull();
        flow.VerifierSealed.Should().BeNull();
        (await world.AccountAsync("alice")).Reason.Should().Be(AccountReasons.NeverVerified);
        (await world.AuditAsync()).Should().Contain(record => record.Draft.Outcome == AccountReasons.NeverVerified);
        world.Provider.Received.Should().BeEmpty();
    }

    [Fact]
    public async Task AnotherProviderUser_IsRefused_UnlessAllowed()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice", "first-user");
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "second-user");
        (await VerifyAsync(world, requestId, "alice")).Problem!.Code.Should().Be("provider_user_changed");
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.Active);
        account.ProviderUserName.Should().Be("first-user");
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("second-user").Should().Be(0, "its tokens are revoked upstream");
        world.Provider.CountLiveGrants("first-user").Should().Be(1);

        await Browser.ConnectAsync(world, "alice", "second-user", r => r with { AllowOtherProviderUser = true });
        (await world.AccountAsync("alice")).ProviderUserName.Should().Be("second-user");
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("first-user").Should().Be(0, "the grant it took the place of is revoked");
        world.Provider.CountLiveGrants("second-user").Should().Be(1);
    }

    [Fact]
    public async Task RevokedWhileExchanging_DestroysAndRevokesTheTokens()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        var gate = new Gate();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<Result<Uri>> verifying = VerifyAsync(world, requestId, "alice");
        await gate.Arrived;
        Result<ConnectedAccount> stopped = await world.Connections.DisconnectAsync(
            world.Service,
            await world.AccountAsync("alice"),
            World.Cancel
        );
        stopped.Problem.Should().BeNull();
        gate.Open();
        (await verifying).Succeeded.Should().BeFalse();
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Disconnected);
        await world.Authorization.WorkAsync(World.Cancel);
        world.Provider.CountLiveGrants("alice").Should().Be(0);
    }

    [Fact]
    public async Task AbandonedExchange_EndsAsCodeExpired_AfterARestart()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        IFlowStore flows = world.Get<IFlowStore>();
        AuthorizationFlow flow = (await flows.FindByAuthRequestAsync(Digest.Of(requestId), World.Cancel))!;
        await flows.AdvanceAsync(
            flow with
            {
                Step = FlowStep.Exchanging,
            },
            FlowStep.AwaitingVerification,
            Traces.None,
            World.Cancel
        );
        await world.RestartAsync();
        await world.Authorization.WorkAsync(World.Cancel);
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.PendingAuth);
        account.Reason.Should().Be(AccountReasons.CodeExpired);
    }

    private static Task<Result<Uri>> VerifyAsync(World world, string requestId, string identifier) =>
        world.Authorization.VerifyAsync(world.Service, requestId, Identifier.Parse(identifier), World.Cancel);
}
