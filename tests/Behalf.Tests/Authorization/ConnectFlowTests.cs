using System.Web;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.TestAuthorizationServer;

namespace Behalf.Tests.Authorization;

public sealed class ConnectFlowTests
{
    [Fact]
    public async Task Account_BecomesActive_OnlyAfterVerification()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.PendingAuth);

        string requestId = await browser.ConsentAsync(link, "alice-at-provider");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.PendingVerification);
        world.Provider.CountTokenRequests("authorization_code").Should().Be(0, "the code waits for the application");

        Result<Uri> verified = await VerifyAsync(world, requestId, "alice");
        verified.Value.Should().Be(new Uri("https://behalf.example/connect/success"));
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.Active);
        account.ProviderUserName.Should().Be("alice-at-provider");
        account.GrantedScopes.Should().Be(ScopeSet.Parse("tasks:read tasks:write"));
        world.Provider.CountTokenRequests("authorization_code").Should().Be(1);
    }

    [Fact]
    public async Task Link_HoldsEnoughForTheApplication_AndKeepsItsOwnQuery()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice", r => r with { AppState = "a b&c=d" });
        StartedFlow flow = await browser.PressAsync(link);

        var request = HttpUtility.ParseQueryString(flow.AuthorizationRequest.Query);
        request["code_challenge_method"].Should().Be("S256");
        request["code_challenge"].Should().HaveLength(43);
        request["state"].Should().HaveLength(43);
        request["redirect_uri"].Should().Be($"https://behalf.example/sso/v1/oauth/{world.Connection.Id}/callback");

        Result<CallbackResult> result = await browser.ReturnAsync(await browser.AgreeAsync(flow, "alice"));
        Uri location = result.Value.Should().BeOfType<CallbackResult.ToApplication>().Subject.Location;
        location.AbsoluteUri.Should().StartWith("https://app.example/verify?tab=1&auth_request_id=");
        HttpUtility.ParseQueryString(location.Query)["state"].Should().Be("a b&c=d");
    }

    [Fact]
    public async Task Showing_NeitherStartsNorBurnsALink()
    {
        await using World world = await World.StartAsync();
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        for (int i = 0; i < 5; i++)
        {
            Result<LinkPage> page = await world.Authorization.ShowAsync(Browser.TokenOf(link), null, World.Cancel);
            page.Value!.Identifier.Value.Should().Be("alice");
            page.Value.Application.Should().Be("Acme team agent");
            page.Value.ApplicationHost.Should().Be("app.example");
            page.Value.Reads.Should().Equal("List tasks");
            page.Value.Changes.Should().Equal("Create a task");
            page.Value.Deletes.Should().Equal("Delete a task");
        }

        (await world.Authorization.StartAsync(Browser.TokenOf(link), null, World.Cancel)).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task SecondPress_IsRefused_EvenInParallel()
    {
        await using World world = await World.StartAsync();
        string token = Browser.TokenOf(await Browser.LinkAsync(world, "alice"));
        Result<StartedFlow>[] presses = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => world.Authorization.StartAsync(token, null, World.Cancel))
        );
        presses.Count(press => press.Succeeded).Should().Be(1);
        presses.Where(press => !press.Succeeded).Should().OnlyContain(press => press.Problem!.Code == "link_used");
    }

    [Fact]
    public async Task CancelledLink_IsSpent()
    {
        await using World world = await World.StartAsync();
        string token = Browser.TokenOf(await Browser.LinkAsync(world, "alice"));
        (await world.Authorization.CancelAsync(token, null, World.Cancel)).Succeeded.Should().BeTrue();
        (await world.Authorization.StartAsync(token, null, World.Cancel)).Problem!.Code.Should().Be("link_used");
        (await world.AccountAsync("alice")).Reason.Should().Be("cancelled");
    }

    [Theory]
    [InlineData(FlowStep.LinkCreated)]
    [InlineData(FlowStep.AtProvider)]
    [InlineData(FlowStep.AwaitingVerification)]
    public async Task WithdrawnLink_ConnectsNobody_HoweverFarItsFlowHadCome(FlowStep step)
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        StartedFlow? begun = step == FlowStep.AtProvider ? await browser.PressAsync(link) : null;
        string? requestId = step == FlowStep.AwaitingVerification ? await browser.ConsentAsync(link, "alice") : null;

        (await world.Authorization.WithdrawAsync(world.Service, link.Link, World.Cancel)).Succeeded.Should().BeTrue();

        (await world.Authorization.ShowAsync(Browser.TokenOf(link), null, World.Cancel))
            .Problem!.Code.Should()
            .Be("link_withdrawn");
        if (begun is not null)
        {
            (await browser.ReturnAsync(await browser.AgreeAsync(begun, "alice"))).Succeeded.Should().BeFalse();
        }

        if (requestId is not null)
        {
            (await VerifyAsync(world, requestId, "alice")).Problem!.Kind.Should().Be(ProblemKind.NotFound);
        }

        (await world.AccountAsync("alice")).Reason.Should().Be("withdrawn");
        world.Provider.CountTokenRequests("authorization_code").Should().Be(0);
        (await world.Authorization.WithdrawAsync(world.Service, link.Link, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound, "it has ended");
    }

    [Fact]
    public async Task Withdrawing_LeavesAConnectedAccountAlone_AndAnswersStrangersLikeUnknownLinks()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        AuthorizationLink other = await Browser.LinkAsync(world, "bob");
        await VerifyAsync(world, await browser.ConsentAsync(link, "alice"), "alice");

        (await world.Authorization.WithdrawAsync(world.Service, link.Link, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        DeploymentEnvironment elsewhere = await world.AddEnvironmentAsync("other");
        Principal stranger = await world.AddClientAsync(elsewhere.Id);
        (await world.Authorization.WithdrawAsync(stranger, other.Link, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        Principal session = await world.SessionAsync("bob");
        (await world.Authorization.WithdrawAsync(session, other.Link, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.Forbidden);

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await world.Authorization.StartAsync(Browser.TokenOf(other), null, World.Cancel)).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task ExpiredLink_IsRefused()
    {
        await using World world = await World.StartAsync();
        string token = Browser.TokenOf(await Browser.LinkAsync(world, "alice"));
        world.Time.Advance(TimeSpan.FromMinutes(10));
        (await world.Authorization.ShowAsync(token, null, World.Cancel)).Problem!.Code.Should().Be("link_expired");
        (await world.Authorization.StartAsync(token, null, World.Cancel)).Problem!.Code.Should().Be("link_expired");
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("' OR 1=1 --")]
    public async Task UnknownLink_IsNotFound(string token)
    {
        await using World world = await World.StartAsync();
        (await world.Authorization.ShowAsync(token, null, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
        (await world.Authorization.StartAsync(token, null, World.Cancel))
            .Problem!.Kind.Should()
            .Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task TwentyParallelReplays_MakeOneWinner_AndNoTokenRequest()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Uri location = await browser.AgreeAsync(flow, "alice");
        Result<CallbackResult>[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => browser.ReturnAsync(location))
        );
        answers.Count(answer => answer.Succeeded).Should().Be(1);
        answers.Where(a => !a.Succeeded).Should().OnlyContain(answer => answer.Problem!.Code == "state_used");
        world.Provider.Received.Should().NotContain(request => request.Endpoint == "token");
    }

    [Fact]
    public async Task MissingOrTruncatedState_IsRefused_AndTheFlowGoesOn()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Uri location = await browser.AgreeAsync(flow, "alice");
        CallbackQuery query = Browser.Read(location);
        foreach (string? state in new[] { null, "", query.State![..42], query.State + "A", "../../etc" })
        {
            Result<CallbackResult> answer = await world.Authorization.CallbackAsync(
                world.Connection.Id,
                query with
                {
                    State = state,
                },
                browser.Cookie,
                null,
                World.Cancel
            );
            answer.Problem!.Code.Should().Be("state_unknown");
        }

        (await browser.ReturnAsync(location)).Succeeded.Should().BeTrue();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task AnotherBrowser_EndsTheFlow_AndTheCodeGoesNowhere(string? cookie)
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Uri location = await browser.AgreeAsync(flow, "bob");
        string own = browser.Cookie!;
        browser.Cookie = cookie;
        (await browser.ReturnAsync(location)).Problem!.Code.Should().Be("browser_mismatch");
        browser.Cookie = own;
        (await browser.ReturnAsync(location)).Problem!.Code.Should().Be("state_used");
        world.Provider.Received.Should().NotContain(request => request.Endpoint == "token");
        (await world.AuditAsync())
            .Should()
            .Contain(r => r.Draft.Kind == AuditKind.Denial && r.Draft.Outcome == "browser_mismatch");
    }

    [Fact]
    public async Task CodeOfOneConnection_NeverReachesAnotherConnectionsServer()
    {
        await using World world = await World.StartAsync();
        Connection first = world.Connection;
        Connection other = await world.AddConnectionAsync("other", p => p, "client-2");
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Uri location = await browser.AgreeAsync(flow, "alice");
        (await browser.ReturnAsync(location, other.Id)).Problem!.Code.Should().Be("connection_mismatch");
        (await browser.ReturnAsync(location, first.Id)).Problem!.Code.Should().Be("state_used");
        world.Provider.Received.Should().NotContain(request => request.Endpoint == "token");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://evil.example")]
    [InlineData("https://provider.example/")]
    public async Task AnnouncedIssuer_MustComeBackExactly(string? sent)
    {
        await using World world = await World.StartAsync(p => p with { Issuer = "https://provider.example" });
        world.Client.Issuer = sent;
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Uri location = await browser.AgreeAsync(flow, "alice");
        (await browser.ReturnAsync(location)).Problem!.Code.Should().Be("issuer_mismatch");
    }

    [Fact]
    public async Task AnnouncedIssuer_IsAccepted_WhenEqual()
    {
        await using World world = await World.StartAsync(p => p with { Issuer = "https://provider.example" });
        world.Client.Issuer = "https://provider.example";
        await Browser.ConnectAsync(world, "alice");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task ProvidersRefusal_EndsTheFlow_WithItsTextInert()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        string nasty = "no\u202eway\r\n<script>\u200b" + new string('x', 5000);
        Uri location = await browser.AgreeAsync(flow, nasty, "deny");
        Result<CallbackResult> answer = await browser.ReturnAsync(location);
        var refused = answer.Value.Should().BeOfType<CallbackResult.ProviderRefused>().Subject;
        refused.Error.Should().Be("access_denied");
        refused.Description.Should().StartWith("noway  <script>xxx").And.HaveLength(201);
        (await world.AccountAsync("alice")).Reason.Should().Be("access_denied");
    }

    [Fact]
    public async Task ReconfiguredConnection_EndsTheFlowCleanly()
    {
        await using World world = await World.StartAsync();
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        AuthorizationFlow? flow = await world
            .Get<IFlowStore>()
            .FindByLinkAsync(Digest.Of(Browser.TokenOf(link)), World.Cancel);

        // The same flow, as it would stand had the connection been changed since the link was made.
        AuthorizationFlow older = flow! with
        {
            Id = EntityId.New<FlowId>(world.Time),
            Link = Digest.Of(new string('A', 43)),
            ConnectionVersion = flow.ConnectionVersion - 1,
        };
        await world.Get<IFlowStore>().AddAsync(older, Traces.None, World.Cancel);
        Result<StartedFlow> started = await world.Authorization.StartAsync(new string('A', 43), null, World.Cancel);
        started.Problem!.Code.Should().Be("connection_changed");
        (await world.Get<IFlowStore>().FindAsync(older.Environment, older.Id, World.Cancel))!
            .Step.Should()
            .Be(FlowStep.Failed);
    }

    [Fact]
    public async Task ModeNone_ConnectsAtTheCallback_AndTheAuditSaysSo()
    {
        await using World world = await World.StartAsync(mode: VerifyMode.None);
        using var browser = new Browser(world);
        StartedFlow flow = await browser.PressAsync(await Browser.LinkAsync(world, "alice"));
        Result<CallbackResult> answer = await browser.ReturnAsync(await browser.AgreeAsync(flow, "alice"));
        answer.Value.Should().BeOfType<CallbackResult.Connected>();
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await world.AuditAsync()).Should().Contain(record => record.Draft.Action == "account.not_verified");
    }

    [Theory]
    [InlineData("http://app.example/verify")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//app.example/verify")]
    [InlineData("https://user:pw@app.example/verify")]
    [InlineData("https://app.example/verify#x")]
    [InlineData("https://app.example/verify?auth_request_id=1")]
    [InlineData("https://app.example/verify?%73tate=1")]
    [InlineData("https://app.example\\@evil.example/")]
    [InlineData("https://app.example/\r\nSet-Cookie: x")]
    public async Task UnsafeVerifyUrl_IsRefused(string url)
    {
        await using World world = await World.StartAsync();
        Result<AuthorizationLink> link = await world.Authorization.CreateLinkAsync(
            await world.SubjectAsync("alice"),
            new LinkRequest { Connection = world.Connection.Name, VerifyUrl = url },
            World.Cancel
        );
        link.Problem!.Violations.Should().ContainSingle().Which.Field.Should().Be("user_verify_url");
    }

    [Fact]
    public async Task VerifyUrl_IsForServiceCredentialsOnly()
    {
        await using World world = await World.StartAsync();
        Principal session = await world.SessionAsync("alice");
        ActingSubject subject = await world.SubjectAsync("alice", session);
        var request = new LinkRequest { Connection = world.Connection.Name, VerifyUrl = World.VerifyUrl };
        Result<AuthorizationLink> link = await world.Authorization.CreateLinkAsync(subject, request, World.Cancel);
        link.Problem!.Code.Should().Be("verify_url_not_allowed");

        link = await world.Authorization.CreateLinkAsync(subject, request with { VerifyUrl = null }, World.Cancel);
        link.Succeeded.Should().BeTrue("without one the page shows a code");
    }

    [Fact]
    public async Task LinkForAnotherEnvironmentsConnection_IsNotFound()
    {
        await using World world = await World.StartAsync();
        DeploymentEnvironment other = await world.AddEnvironmentAsync("other");
        Principal stranger = await world.AddClientAsync(other.Id);
        Result<AuthorizationLink> link = await world.Authorization.CreateLinkAsync(
            await world.SubjectAsync("alice", stranger),
            new LinkRequest { Connection = world.Connection.Name },
            World.Cancel
        );
        link.Problem!.Kind.Should().Be(ProblemKind.NotFound);
    }

    [Fact]
    public async Task Reconnecting_NeverDisturbsAWorkingAccount()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        using var browser = new Browser(world);
        AuthorizationLink link = await Browser.LinkAsync(world, "alice");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        string requestId = await browser.ConsentAsync(link, "alice");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await world.StartCallAsync("alice")).Succeeded.Should().BeTrue();

        world.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_grant"));
        Result<Uri> verified = await VerifyAsync(world, requestId, "alice");
        verified.Problem!.Code.Should().Be("failed_to_exchange_token");
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.Active);
        account.Generation.Should().Be(1);
    }

    [Fact]
    public async Task NothingSecret_StandsInAuditOrEvents()
    {
        await using World world = await World.StartAsync();
        await Browser.ConnectAsync(world, "alice");
        string all = string.Join('\n', (await world.AuditAsync()).Select(r => r.Draft.ToString()));
        all += string.Join('\n', (await world.EventsAsync()).SelectMany(e => e.Event.Data.Values));
        all.Should().NotContainAny([World.ClientSecret, .. world.Provider.Issued]);
        world.ReadFiles().Should().NotContainAny([World.ClientSecret, .. world.Provider.Issued]);
        (await world.AuditAsync())
            .Select(r => r.Draft.Action)
            .Should()
            .ContainInOrder(
                "link.created",
                "flow.started",
                "flow.code_received",
                "account.verified",
                "account.connected"
            );
    }

    private static Task<Result<Uri>> VerifyAsync(World world, string requestId, string identifier) =>
        world.Authorization.VerifyAsync(world.Service, requestId, Identifier.Parse(identifier), World.Cancel);
}
