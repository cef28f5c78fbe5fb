using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Behalf.Wire.ConnectedAccounts;

namespace Behalf.Server.Tests;

/// <summary>The connect walk through the real pages, with everybody who might disturb it.</summary>
public sealed class ConnectFlowTests(Stage stage) : IClassFixture<Stage>
{
    private const string Verify = "/scalekit.v1.connected_accounts.ConnectedAccountService/VerifyConnectedAccountUser";

    [Theory]
    [InlineData("attackers-link", "bob-a", "alice-a")]
    [InlineData("victims-link", "alice-v", "bob-v")]
    public async Task LinkFinishedByAnother_NeverConnects_AndTheAuditNamesBoth(
        string _,
        string madeFor,
        string finishedBy
    )
    {
        int before = stage.Provider.CountTokenRequests("authorization_code");
        Person other = stage.NewPerson(finishedBy);
        string id = await other.ConnectAsync(await stage.LinkAsync(madeFor));

        Reply refused = await stage.VerifyAsync(id, finishedBy);
        Reply repeated = await stage.VerifyAsync(id, finishedBy);
        Reply late = await stage.VerifyAsync(id, madeFor);
        GrpcReply lateGrpc = await GrpcCall.SendAsync(
            stage.Server,
            Verify,
            new VerifyConnectedAccountUserRequest { AuthRequestId = id, Identifier = madeFor },
            stage.Server.ServiceToken
        );

        refused.Status.Should().Be(403, refused.Body);
        refused.ErrorCode.Should().Be("identifier_mismatch");
        repeated.Body.Should().Be(refused.Body);
        late.Status.Should().Be(404);
        lateGrpc.Status.Should().Be(5);
        (await StatusAsync(madeFor)).Should().NotBe("ACTIVE");
        stage.Provider.CountLiveGrants(finishedBy).Should().Be(0);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(before);
        JsonElement[] denials = await stage.AuditAsync($"kind=denial&identifier={madeFor}");
        denials.Should().ContainSingle(r => r.GetProperty("action").GetString() == "account.verification_refused");
        denials[0].GetProperty("detail").GetString().Should().Contain(madeFor).And.Contain(finishedBy);
    }

    [Fact]
    public async Task CallbackInAnotherBrowser_EndsTheFlow()
    {
        Person alice = stage.NewPerson("alice-moved");
        Uri callback = await alice.ConsentAsync(await alice.StartAsync(await stage.LinkAsync("alice-moved")));

        Page elsewhere = await stage.NewPerson("bob-moved").OpenAsync(callback);
        Page own = await alice.OpenAsync(callback);

        elsewhere.Status.Should().Be(403);
        own.Location.Should().BeNull();
        own.Status.Should().BeOneOf(400, 404, 410);
        (await StatusAsync("alice-moved")).Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task Verification_IsSingleUse()
    {
        Person alice = stage.NewPerson("alice-once");
        string id = await alice.ConnectAsync(await stage.LinkAsync("alice-once"));

        Reply first = await stage.VerifyAsync(id, "alice-once");
        Reply second = await stage.VerifyAsync(id, "alice-once");
        Reply unknown = await stage.VerifyAsync(new string('x', id.Length), "alice-once");

        first.Status.Should().Be(200, first.Body);
        second.Status.Should().Be(404);
        second.Body.Should().Be(unknown.Body);
        (await StatusAsync("alice-once")).Should().Be("ACTIVE");
    }

    [Fact]
    public async Task Verification_IsNotForUsersNorOtherEnvironments()
    {
        Person alice = stage.NewPerson("alice-strict");
        string id = await alice.ConnectAsync(await stage.LinkAsync("alice-strict"));
        JsonElement session = await stage.Server.SessionAsync("alice-strict");
        const string Path = "/api/v1/connected_accounts/user/verify";
        string body = $$"""{"auth_request_id":"{{id}}","identifier":"alice-strict"}""";

        Reply byUser = await stage.Server.SendAsync(
            HttpMethod.Post,
            Path,
            session.GetProperty("token").GetString(),
            body
        );
        Reply byForeign = await stage.Server.SendAsync(HttpMethod.Post, Path, stage.Server.ForeignToken, body);
        Reply byNobody = await stage.Server.SendAsync(HttpMethod.Post, Path, null, body);

        byUser.Status.Should().Be(403);
        byForeign.Status.Should().Be(404);
        byNobody.Status.Should().Be(401);
        (await StatusAsync("alice-strict")).Should().Be("PENDING_VERIFICATION");
        (await stage.VerifyAsync(id, "alice-strict")).Status.Should().Be(200);
    }

    [Fact]
    public async Task TwentyParallelReplays_MakeOneTokenRequest()
    {
        Person alice = stage.NewPerson("alice-replay");
        Uri callback = await alice.ConsentAsync(await alice.StartAsync(await stage.LinkAsync("alice-replay")));
        int before = stage.Provider.CountTokenRequests("authorization_code");

        Page[] pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => alice.OpenAsync(callback)));

        Page winner = pages.Should().ContainSingle(page => page.Status == 303).Subject;
        pages.Where(page => page.Status != 303).Should().OnlyContain(page => page.Status == 410);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(before);
        string id = alice.RequestIdOf(winner);
        Reply[] verified = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => stage.VerifyAsync(id, "alice-replay"))
        );
        verified.Should().Contain(reply => reply.Status == 200);
        verified.Should().OnlyContain(reply => reply.Status == 200 || reply.Status == 404);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(before + 1);
        (await StatusAsync("alice-replay")).Should().Be("ACTIVE");
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("truncated")]
    [InlineData("longer")]
    [InlineData("foreign")]
    [InlineData("twice")]
    [InlineData("used")]
    public async Task WrongState_IsAnErrorPage_AndNoTokenRequest(string how)
    {
        string name = $"alice-{how}";
        Person alice = stage.NewPerson(name);
        Uri callback = await alice.ConsentAsync(await alice.StartAsync(await stage.LinkAsync(name)));
        System.Collections.Specialized.NameValueCollection query = System.Web.HttpUtility.ParseQueryString(
            callback.Query
        );
        string state = query["state"]!;
        int before = stage.Provider.CountTokenRequests("authorization_code");
        string changed = how switch
        {
            "missing" => "",
            "truncated" => $"&state={state[..^1]}",
            "longer" => $"&state={state}A",
            "twice" => $"&state={state}&state={state}",
            "foreign" => $"&state={await ForeignStateAsync()}",
            _ => $"&state={state}",
        };
        if (how == "used")
        {
            (await alice.OpenAsync(callback)).Status.Should().Be(303);
        }

        Page page = await alice.OpenAsync(
            new Uri($"{callback.GetLeftPart(UriPartial.Path)}?code={query["code"]}{changed}")
        );

        page.Status.Should().BeOneOf(400, 403, 404, 410);
        page.Location.Should().BeNull();
        page.Body.Should().Contain("<html").And.NotContain(query["code"]!);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(before);
        (await StatusAsync(name)).Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task CodeOfOneConnection_NeverReachesAnothers()
    {
        (_, string redirectUri) = await stage.AddConnectionAsync("second", "second-client", "second-secret-of-tests");
        Person alice = stage.NewPerson("alice-mixed");
        Uri callback = await alice.ConsentAsync(await alice.StartAsync(await stage.LinkAsync("alice-mixed")));
        int before = stage.Provider.CountTokenRequests("authorization_code");

        Page mixed = await alice.OpenAsync(new Uri(redirectUri + callback.Query));

        mixed.Status.Should().BeOneOf(400, 403, 404, 410);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(before);
        (await StatusAsync("alice-mixed")).Should().NotBe("ACTIVE");
        stage.LogLines.Should().NotContain(line => line.Contains("second-secret-of-tests"));
    }

    public static TheoryData<string, string, int, string> OddAnswers =>
        new()
        {
            { "no-type", "application/json", 200, """{"access_token":"odd-token-of-tests","expires_in":3600}""" },
            {
                "absurd",
                "application/json",
                200,
                """{"access_token":"odd-token-of-tests","token_type":"bearer","expires_in":1e300}"""
            },
            {
                "twice",
                "application/json",
                200,
                """{"access_token":"odd-token-of-tests","access_token":"odd-token-of-tests2","token_type":"bearer"}"""
            },
            { "html", "text/html", 200, "<html>odd-token-of-tests</html>" },
            { "gateway", "text/html", 502, "<html>odd-token-of-tests</html>" },
            { "error", "application/json", 400, """{"error":"odd-token-of-tests\r\nforged line"}""" },
            { "redirect", "application/json", 302, """{"access_token":"odd-token-of-tests","token_type":"bearer"}""" },
            { "empty", "application/json", 200, "" },
        };

    [Theory]
    [MemberData(nameof(OddAnswers))]
    public async Task OddTokenAnswer_LeavesNoHalfActiveAccount(string why, string type, int status, string body) =>
        await NotConnectedAsync($"odd-{why}", new OddReply.Text(status, type, body));

    [Fact]
    public async Task EndlessOrLostTokenAnswer_LeavesNoHalfActiveAccount()
    {
        await NotConnectedAsync("odd-huge", new OddReply.Huge(5 * 1024 * 1024));
        await NotConnectedAsync("odd-cut", new OddReply.Cut(IsCarriedOut: true));
    }

    [Fact]
    public async Task GrantedScopes_TrimTheToolList()
    {
        await stage.ConnectAsync("alice-scopes");

        Reply listed = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/tools/scoped?identifier=alice-scopes",
            stage.Server.ServiceToken
        );
        Reply refused = await stage.ExecuteAsync("alice-scopes", "tracker_list_goals", new { });

        listed.Status.Should().Be(200, listed.Body);
        listed.Body.Should().Contain("tracker_get_thing").And.NotContain("tracker_list_goals");
        refused.Status.Should().Be(403, refused.Body);
    }

    [Fact]
    public async Task ProvidersWords_AreInert()
    {
        Person alice = stage.NewPerson("alice-words");
        Uri callback = await alice.RefuseAsync(
            await alice.StartAsync(await stage.LinkAsync("alice-words")),
            "<img src=x onerror=alert(1)>\u202e\r\nSet-Cookie: a=b"
        );

        Page page = await alice.OpenAsync(callback);

        page.Status.Should().Be(400);
        page.Body.Should().NotContain("<img").And.NotContain("\u202e");
        (await StatusAsync("alice-words")).Should().NotBe("ACTIVE");
    }

    [Theory]
    [InlineData("http://application.example/verified")]
    [InlineData("https://user@application.example/verified")]
    [InlineData("https://application.example/verified#part")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//application.example/verified")]
    [InlineData("http://127.0.0.1.application.example/")]
    public async Task ReturnUrl_IsRefused_WhenItIsNoPlainPage(string url)
    {
        Reply link = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(
                new
                {
                    connector = Stage.Connection,
                    identifier = "alice-url",
                    user_verify_url = url,
                }
            )
        );

        link.Status.Should().Be(400, link.Body);
    }

    [Fact]
    public async Task ConnectionRemovedMidFlow_FailsCleanly()
    {
        (_, _) = await stage.AddConnectionAsync("brief", "brief-client", "brief-secret-of-tests");
        Person before = stage.NewPerson("alice-brief");
        Uri callback = await before.ConsentAsync(
            await before.StartAsync(await stage.LinkAsync("alice-brief", "brief"))
        );
        Person after = stage.NewPerson("bob-brief");
        string id = await after.ConnectAsync(await stage.LinkAsync("bob-brief", "brief"));
        Uri unopened = await stage.LinkAsync("carol-brief", "brief");
        int requests = stage.Provider.CountTokenRequests("authorization_code");

        Reply removed = await stage.Server.SendAsync(
            HttpMethod.Delete,
            "/api/v1/behalf/connections/brief",
            stage.Server.ServiceToken
        );

        removed.Status.Should().Be(200, removed.Body);
        (await before.OpenAsync(callback)).Status.Should().BeOneOf(400, 404, 410);
        (await stage.VerifyAsync(id, "bob-brief")).Status.Should().BeOneOf(400, 404);
        (await stage.NewPerson("carol-brief").OpenAsync(unopened)).Status.Should().BeOneOf(400, 404, 410);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(requests);
    }

    [Fact]
    public async Task ConnectionReconfiguredMidFlow_FailsCleanly_AndTheNextLinkWorks()
    {
        await stage.AddConnectionAsync("moving", "moving-client", "moving-secret-of-tests");
        Person before = stage.NewPerson("alice-moving");
        Uri callback = await before.ConsentAsync(
            await before.StartAsync(await stage.LinkAsync("alice-moving", "moving"))
        );
        Person after = stage.NewPerson("bob-moving");
        string id = await after.ConnectAsync(await stage.LinkAsync("bob-moving", "moving"));
        int requests = stage.Provider.CountTokenRequests("authorization_code");

        Reply changed = await stage.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/connections/moving",
            stage.Server.ServiceToken,
            """{"scopes":["things","goals"]}"""
        );

        changed.Status.Should().Be(200, changed.Body);
        Page returned = await before.OpenAsync(callback);
        returned.Status.Should().Be(400, returned.Body);
        returned.Body.Should().Contain("was changed after this link was made");
        Reply verified = await stage.VerifyAsync(id, "bob-moving");
        verified.Status.Should().Be(400, verified.Body);
        verified.ErrorCode.Should().Be("connection_changed");
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(requests, "no code went anywhere");
        foreach (string name in new[] { "alice-moving", "bob-moving" })
        {
            (await stage.AccountAsync(name, "moving")).GetProperty("status").GetString().Should().NotBe("ACTIVE");
            await stage.ConnectAsync(name, "moving");
        }
    }

    [Theory]
    [InlineData("https://169.254.169.254", "https://tracker.example")]
    [InlineData("https://tracker.example", "https://10.0.0.1")]
    [InlineData("https://[::1]", "https://tracker.example")]
    [InlineData("https://2130706433", "https://tracker.example")]
    [InlineData("http://tracker.example", "https://tracker.example")]
    [InlineData("file:///etc/passwd", "https://tracker.example")]
    public async Task ProviderUrlPointingInward_IsRefusedWhenSaved(string baseUrl, string oauthUrl)
    {
        Reply added = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connections",
            stage.Server.ServiceToken,
            $$"""{"connector":"tracker","name":"inward","client_id":"x","client_secret":"y","base_url":"{{baseUrl}}","oauth_url":"{{oauthUrl}}"}"""
        );

        added.Status.Should().Be(400, added.Body);
    }

    private async Task NotConnectedAsync(string name, OddReply odd)
    {
        Person person = stage.NewPerson(name);
        string id = await person.ConnectAsync(await stage.LinkAsync(name));
        // Tests of one class run one after another: the reply is for this exchange.
        lock (stage.Client.NextTokenReplies)
        {
            stage.Client.NextTokenReplies.Enqueue(odd);
        }

        Reply verified = await stage.VerifyAsync(id, name);

        verified.Status.Should().Be(400, verified.Body);
        verified.ErrorCode.Should().Be("failed_to_exchange_token");
        verified.Body.Should().NotContain("odd-token-of-tests2");
        (await StatusAsync(name)).Should().Be("PENDING_AUTH");
        Reply call = await stage.ExecuteAsync(name, "tracker_get_thing", new { thing = "1" });
        call.Status.Should().Be(400, call.Body);
        stage.LogLines.Should().NotContain(line => line.Contains("odd-token-of-tests2"));
    }

    private async Task<string> ForeignStateAsync()
    {
        Person bob = stage.NewPerson("bob-foreign-state");
        Uri provider = await bob.StartAsync(await stage.LinkAsync("bob-foreign-state"));
        return System.Web.HttpUtility.ParseQueryString(provider.Query)["state"]!;
    }

    private async Task<string> StatusAsync(string identifier) =>
        (await stage.AccountAsync(identifier)).GetProperty("status").GetString()!;
}
