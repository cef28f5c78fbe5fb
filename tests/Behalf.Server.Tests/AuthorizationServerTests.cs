using System.Net;
using System.Text.Json;
using System.Web;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>The authorization server for people, as clients and attackers meet it.</summary>
public sealed class AuthorizationServerTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    [Theory]
    [InlineData("/.well-known/oauth-authorization-server/oauth")]
    [InlineData("/.well-known/openid-configuration/oauth")]
    [InlineData("/oauth/.well-known/openid-configuration")]
    [InlineData("/oauth/.well-known/oauth-authorization-server")]
    public async Task Metadata_IsAtEveryPlaceWhereClientsLook(string path)
    {
        Reply reply = await stage.Server.SendAsync(HttpMethod.Get, path, null);

        reply.Status.Should().Be(200, reply.Body);
        reply.Json.GetProperty("issuer").GetString().Should().Be($"{stage.Url}/oauth");
        reply.Json.GetProperty("client_id_metadata_document_supported").GetBoolean().Should().BeTrue();
        reply.Json.GetProperty("authorization_response_iss_parameter_supported").GetBoolean().Should().BeTrue();
        Texts(reply.Json, "code_challenge_methods_supported").Should().Equal("S256");
        Texts(reply.Json, "token_endpoint_auth_methods_supported").Should().Contain("none");
        Texts(reply.Json, "scopes_supported").Should().Contain("offline_access");
        reply.Json.GetProperty("token_endpoint").GetString().Should().Be($"{stage.Url}/oauth/access_token");
    }

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource")]
    [InlineData("/.well-known/oauth-protected-resource/mcp")]
    public async Task ProtectedResource_NamesItsAuthorizationServer(string path)
    {
        Reply reply = await stage.Server.SendAsync(HttpMethod.Get, path, null);

        reply.Json.GetProperty("resource").GetString().Should().Be($"{stage.Url}/mcp");
        Texts(reply.Json, "authorization_servers").Should().Equal($"{stage.Url}/oauth");
        Texts(reply.Json, "scopes_supported").Should().Equal("tools:read", "tools:write");
    }

    [Fact]
    public async Task WholeWalk_GivesTokensForTheOneResource_AndTheAnswerNamesItsIssuer()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        Uri answer = await client.AllowAsync(alice);
        Reply tokens = await client.ExchangeAsync(McpClientProgram.CodeOf(answer));

        answer.GetLeftPart(UriPartial.Path).Should().Be(client.RedirectUri);
        HttpUtility.ParseQueryString(answer.Query)["iss"].Should().Be($"{stage.Url}/oauth");
        HttpUtility.ParseQueryString(answer.Query)["state"].Should().Be(client.State);
        tokens.Status.Should().Be(200, tokens.Body);
        tokens.Headers["Cache-Control"].Should().Contain("no-store");
        tokens.Json.GetProperty("token_type").GetString().Should().Be("Bearer");
        tokens.Json.GetProperty("expires_in").GetInt32().Should().BeInRange(1, 3600);
        tokens.Json.TryGetProperty("refresh_token", out _).Should().BeTrue("offline_access was asked for");
        JsonElement claims = ClaimsOf(tokens.Json);
        claims.GetProperty("sub").GetString().Should().Be("alice");
        claims.GetProperty("aud").GetString().Should().Be($"{stage.Url}/mcp");
        claims.GetProperty("iss").GetString().Should().Be($"{stage.Url}/oauth");
        claims.GetProperty("client_id").GetString().Should().Be(client.ClientId);
    }

    [Fact]
    public async Task WithoutOfflineAccess_ThereIsNoRefreshToken_AndWithoutScopesThereAreDefaults()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        JsonElement tokens = await client.TokensAsync(alice, ("scope", null), ("resource", null));

        tokens.TryGetProperty("refresh_token", out _).Should().BeFalse();
        ClaimsOf(tokens).GetProperty("scope").GetString().Should().Be("tools:read tools:write");
        ClaimsOf(tokens).GetProperty("aud").GetString().Should().Be($"{stage.Url}/mcp");
    }

    [Theory]
    [InlineData("redirect_uri", "https://client.example/callback/")]
    [InlineData("redirect_uri", "https://client.example/callback?x=1")]
    [InlineData("redirect_uri", "https://client.example.evil.example/callback")]
    [InlineData("redirect_uri", "HTTPS://client.example/callback")]
    [InlineData("redirect_uri", "https://client.example:444/callback")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    [InlineData("client_id", "oac_unknown")]
    [InlineData("client_id", null)]
    public async Task UnknownClientOrRedirectUri_GetsAnErrorPage_AndNeverARedirect(string name, string? value)
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        Page page = await alice.OpenAsync(client.AuthorizationRequest((name, value)));

        page.Status.Should().Be(400, page.Body);
        page.Location.Should().BeNull();
        page.Body.Should().Contain("cannot be let in").And.NotContain("javascript:");
    }

    [Theory]
    [InlineData("code_verifier", "wrong-verifier-wrong-verifier-wrong-verifier-")]
    [InlineData("code_verifier", null)]
    [InlineData("redirect_uri", "https://client.example/other")]
    [InlineData("redirect_uri", null)]
    [InlineData("resource", "https://other.example/mcp")]
    public async Task WrongTokenRequest_GetsNoTokens(string name, string? value)
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));

        Reply reply = await client.ExchangeAsync(code, (name, value));

        reply.Status.Should().Be(400, reply.Body);
        reply.Json.TryGetProperty("access_token", out _).Should().BeFalse();
    }

    [Fact]
    public async Task CodeOfAnotherClient_GetsNoTokens()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        McpClientProgram other = await stage.ClientAsync();
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));

        Reply reply = await client.ExchangeAsync(code, ("client_id", other.ClientId));

        reply.Status.Should().Be(400, reply.Body);
        reply.Json.GetProperty("error").GetString().Should().Be("invalid_grant");
    }

    [Fact]
    public async Task CodeThatComesTwice_EndsWhatItGave()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));
        Reply first = await client.ExchangeAsync(code);
        Visitor visitor = client.Visit(first.Json);
        (await visitor.SendAsync("tools/list", [])).Status.Should().Be(200);

        Reply second = await client.ExchangeAsync(code);

        second.Status.Should().Be(400, second.Body);
        second.Json.GetProperty("error").GetString().Should().Be("invalid_grant");
        (await visitor.SendAsync("tools/list", [])).Status.Should().Be(401);
        (await client.RefreshAsync(RefreshOf(first.Json))).Status.Should().Be(400);
    }

    [Fact]
    public async Task CodesExchangedTogether_GiveTokensToOneAtMost()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));

        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.ExchangeAsync(code)));

        replies.Count(reply => reply.Status == 200).Should().BeLessThanOrEqualTo(1);
        replies.Where(reply => reply.Status != 200).Should().OnlyContain(reply => reply.Status == 400);
    }

    [Fact]
    public async Task Code_EndsAfterAMinute()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));

        stage.Server.Time.Advance(TimeSpan.FromSeconds(61));

        (await client.ExchangeAsync(code)).Status.Should().Be(400);
    }

    [Fact]
    public async Task RefreshToken_IsReplacedAtEachUse_AndAReplacedOneEndsTheGrant()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        JsonElement first = await client.TokensAsync(alice);
        Reply second = await client.RefreshAsync(RefreshOf(first));
        second.Status.Should().Be(200, second.Body);
        RefreshOf(second.Json).Should().NotBe(RefreshOf(first));
        Visitor visitor = client.Visit(second.Json);
        (await visitor.SendAsync("tools/list", [])).Status.Should().Be(200);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(11));

        Reply replay = await client.RefreshAsync(RefreshOf(first));

        replay.Status.Should().Be(400, replay.Body);
        replay.Json.GetProperty("error").GetString().Should().Be("invalid_grant");
        (await client.RefreshAsync(RefreshOf(second.Json))).Status.Should().Be(400, "the family ended");
        (await visitor.SendAsync("tools/list", [])).Status.Should().Be(401, "and its access tokens");
    }

    [Fact]
    public async Task RefreshesTogether_GiveOneSameResult()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        JsonElement first = await client.TokensAsync(alice);

        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.RefreshAsync(RefreshOf(first))));

        replies.Should().OnlyContain(reply => reply.Status == 200);
        replies.Select(reply => RefreshOf(reply.Json)).Distinct().Should().ContainSingle();
        (await client.RefreshAsync(RefreshOf(replies[0].Json))).Status.Should().Be(200);
    }

    [Fact]
    public async Task RefreshTokenOfAnotherClient_IsRefused()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        McpClientProgram other = await stage.ClientAsync();
        JsonElement tokens = await client.TokensAsync(alice);

        Reply stolen = await client.RefreshAsync(RefreshOf(tokens), ("client_id", other.ClientId));

        stolen.Status.Should().Be(400, stolen.Body);
        (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(200, "its own client is not disturbed");
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("refresh_token")]
    public async Task RevokedToken_EndsTheWholeGrant(string kind)
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        JsonElement tokens = await client.TokensAsync(alice);

        Reply revoked = await client.PostAsync(
            "/oauth/revoke",
            ("token", tokens.GetProperty(kind).GetString()),
            ("client_id", client.ClientId)
        );

        revoked.Status.Should().Be(200, revoked.Body);
        (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(400);
        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    [Fact]
    public async Task RevokingWhatIsNotThere_OrNotOnesOwn_ChangesNothing()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        McpClientProgram other = await stage.ClientAsync();
        JsonElement tokens = await client.TokensAsync(alice);

        Reply unknown = await client.PostAsync("/oauth/revoke", ("token", "nothing"), ("client_id", client.ClientId));
        await client.PostAsync("/oauth/revoke", ("token", RefreshOf(tokens)), ("client_id", other.ClientId));

        unknown.Status.Should().Be(200, "RFC 7009 §2.2");
        (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(200);
    }

    [Fact]
    public async Task SignOutEverywhere_EndsRefreshAndBrowser()
    {
        (McpClientProgram client, Person carol) = await BeginAsync("carol");
        JsonElement tokens = await client.TokensAsync(carol);

        await stage.SignOutEverywhereAsync("carol");

        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(401);
        (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(400);
        Page page = await carol.OpenAsync(client.AuthorizationRequest());
        page.Status.Should().Be(303);
        page.Location!.ToString().Should().StartWith("/sign-in?");
    }

    [Fact]
    public async Task Consent_IsShownWithWhoAsks_AndCannotBeForged()
    {
        McpClientProgram client = await McpClientProgram.RegisterAsync(stage.Server);
        Person alice = await stage.SignedInAsync("alice");
        Uri request = client.AuthorizationRequest();
        Page page = await alice.OpenAsync(request);
        Form form = Form.Of(page, "consent");

        page.Body.Should().Contain("client.example").And.Contain("nobody vouches for it").And.Contain("alice");
        foreach (
            Form forged in new[]
            {
                form with
                {
                    Hidden = [.. form.Hidden.Where(pair => pair.Key != "form_token")],
                },
                form with
                {
                    Hidden = [.. form.Hidden.Where(pair => pair.Key != "consent_ticket")],
                },
                form with
                {
                    Hidden =
                    [
                        .. form.Hidden.Select(pair =>
                            pair.Key == "state" ? KeyValuePair.Create("state", "other") : pair
                        ),
                    ],
                },
            }
        )
        {
            Page refused = await alice.SendAsync(request, forged, ("decision", "allow"));
            refused.Status.Should().Be(400, refused.Body);
            refused.Location.Should().BeNull();
        }
    }

    [Fact]
    public async Task ConsentOfOnePerson_IsNoneOfAnother()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Person bob = await stage.SignedInAsync("bob");
        Uri request = client.AuthorizationRequest();
        Form shownToAlice = Form.Of(await alice.OpenAsync(request), "consent");
        Form shownToBob = Form.Of(await bob.OpenAsync(request), "consent");
        Form mixed = shownToBob with
        {
            Hidden =
            [
                .. shownToBob.Hidden.Where(pair => pair.Key != "consent_ticket"),
                shownToAlice.Hidden.First(pair => pair.Key == "consent_ticket"),
            ],
        };

        (await bob.SendAsync(request, mixed, ("decision", "allow"))).Status.Should().Be(400);
    }

    [Fact]
    public async Task Refusal_IsToldToTheClient_WithIssuer()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Uri request = client.AuthorizationRequest();

        Page answer = await alice.SendAsync(
            request,
            Form.Of(await alice.OpenAsync(request), "consent"),
            ("decision", "deny")
        );

        var query = HttpUtility.ParseQueryString(answer.Location!.Query);
        query["error"].Should().Be("access_denied");
        query["iss"].Should().Be($"{stage.Url}/oauth");
        query["state"].Should().Be(client.State);
        query["code"].Should().BeNull();
    }

    [Fact]
    public async Task ReadOnly_IsThePersonsToChoose()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        Uri answer = await client.AllowAsync(alice, null, ("read_only", "on"));
        Reply tokens = await client.ExchangeAsync(McpClientProgram.CodeOf(answer));

        ClaimsOf(tokens.Json).GetProperty("scope").GetString().Should().Be("tools:read");
    }

    [Fact]
    public async Task Pages_CannotBeFramed_AndRunNothing()
    {
        (McpClientProgram client, _) = await BeginAsync("alice");

        Reply page = await stage.Server.SendAsync(HttpMethod.Get, "/sign-in", null);

        page.Headers["Content-Security-Policy"]
            .Should()
            .Contain("frame-ancestors 'none'")
            .And.Contain("default-src 'none'");
        page.Headers["X-Frame-Options"].Should().Be("DENY");
        client.Should().NotBeNull();
    }

    [Theory]
    [InlineData("alice", "wrong password here", 401)]
    [InlineData("nobody", PeopleStage.Password, 401)]
    [InlineData("Alice", PeopleStage.Password, 401)]
    [InlineData("alice ", PeopleStage.Password, 401)]
    public async Task WrongSignIn_IsToldAlike(string name, string password, int status)
    {
        Person browser = stage.NewPerson("browser");

        Page page = await browser.SignInAsync(new Uri(stage.Url), name, password);

        page.Status.Should().Be(status);
        WebUtility.HtmlDecode(page.Body).Should().Contain("The name, the password or the one-time code is not right.");
    }

    [Fact]
    public async Task Guessing_IsThrottled_AndLeavesARecord()
    {
        Person browser = stage.NewPerson("guesser");
        List<int> statuses = [];
        for (int i = 0; i < 12; i++)
        {
            statuses.Add((await browser.SignInAsync(new Uri(stage.Url), "dave", "not the password at all")).Status);
        }

        statuses[0].Should().Be(401);
        statuses[^1].Should().Be(429);
        (await stage.AuditAsync("kind=denial&identifier=dave")).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("/magicLink\\..//evil.example")]
    [InlineData("javascript:alert(1)")]
    public async Task SignIn_LeadsToPagesOfOursOnly(string returnPath)
    {
        Person browser = stage.NewPerson("returning");

        Page page = await browser.SignInAsync(new Uri(stage.Url), "alice", PeopleStage.Password, returnPath);

        page.Status.Should().Be(200);
        page.Body.Should().NotContain("evil").And.NotContain("javascript").And.Contain("/connect-client");
    }

    [Fact]
    public async Task OneTimePassword_IsAskedForWhereItIsSetUp_AndCountsOnce()
    {
        byte[] key = [.. Enumerable.Range(1, 20).Select(n => (byte)n)];
        await stage.AddPersonAsync("erin", totpKey: key);
        Person browser = stage.NewPerson("erin");
        Uri origin = new(stage.Url);
        string code = stage.OneTimePassword(key);

        (await browser.SignInAsync(origin, "erin", PeopleStage.Password)).Status.Should().Be(401);
        (await browser.SignInAsync(origin, "erin", PeopleStage.Password, code: code)).Status.Should().Be(200);
        (await browser.SignInAsync(origin, "erin", PeopleStage.Password, code: code))
            .Status.Should()
            .Be(401, "it was used");
    }

    private async Task<(McpClientProgram Client, Person Browser)> BeginAsync(string user) =>
        (await stage.ClientAsync(), await stage.SignedInAsync(user));

    private static string RefreshOf(JsonElement tokens) => tokens.GetProperty("refresh_token").GetString()!;

    private static JsonElement ClaimsOf(JsonElement tokens)
    {
        string payload = tokens
            .GetProperty("access_token")
            .GetString()!
            .Split('.')[1]
            .Replace('-', '+')
            .Replace('_', '/');
        return JsonDocument
            .Parse(Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '=')))
            .RootElement;
    }

    private static string?[] Texts(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(text => text.GetString())];
}
