using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Web;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

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

    [Theory]
    [InlineData("/oauth/access_token")]
    [InlineData("/oauth/revoke")]
    [InlineData("/oauth/par")]
    public async Task ConfidentialClient_NeedsItsSecret_AtEveryEndpoint(string endpoint)
    {
        (McpClientProgram client, string secret) = await stage.ConfidentialClientAsync();
        (_, string others) = await stage.ConfidentialClientAsync();
        Person alice = await stage.SignedInAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));
        (string, string?)[] form = endpoint switch
        {
            "/oauth/access_token" =>
            [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", client.RedirectUri),
                ("code_verifier", client.Verifier),
            ],
            "/oauth/revoke" => [("token", "whatever")],
            _ => [.. client.Parameters().Select(pair => (pair.Key, (string?)pair.Value))],
        };
        (string, string?) id = ("client_id", client.ClientId);

        foreach (
            Reply refused in new[]
            {
                await client.PostAsync(endpoint, [.. form, id]),
                await client.PostAsync(endpoint, [.. form, id, ("client_secret", "")]),
                await client.PostAsync(endpoint, [.. form, id, ("client_secret", $"{secret}x")]),
                await client.PostAsync(endpoint, [.. form, id, ("client_secret", others)]),
                await Basic(client, "wrong").PostAsync(endpoint, form),
                await Basic(client, others).PostAsync(endpoint, form),
            }
        )
        {
            refused.Status.Should().Be(401, refused.Body);
            refused.Json.GetProperty("error").GetString().Should().Be("invalid_client");
        }

        Reply posted = await client.PostAsync(endpoint, [.. form, id, ("client_secret", secret)]);
        if (endpoint == "/oauth/access_token")
        {
            form = [("grant_type", "refresh_token"), ("refresh_token", RefreshOf(posted.Json))];
        }

        Reply basic = await Basic(client, secret).PostAsync(endpoint, form);

        posted.Status.Should().BeOneOf([200, 201], posted.Body);
        basic.Status.Should().BeOneOf([200, 201], basic.Body);
    }

    [Fact]
    public async Task PublicClient_HasNoSecret_ToBeTriedOut()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        string code = McpClientProgram.CodeOf(await client.AllowAsync(alice));

        Reply reply = await client.ExchangeAsync(code, ("client_secret", "anything"));

        reply.Status.Should().Be(401, reply.Body);
        (await client.ExchangeAsync(code)).Status.Should().Be(200);
    }

    [Fact]
    public async Task Consent_CannotBeFramed()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Person stranger = stage.NewPerson("stranger");
        Uri origin = new(stage.Url);

        Page consent = await alice.OpenAsync(client.AuthorizationRequest());
        Page access = await alice.OpenAsync(new Uri(origin, "/access"));
        Page toSignIn = await stranger.OpenAsync(new Uri(origin, "/access"));
        Page error = await alice.OpenAsync(client.AuthorizationRequest(("client_id", "oac_unknown")));

        consent.Body.Should().Contain("id=\"consent\"");
        access.Status.Should().Be(200, access.Body);
        error.Status.Should().Be(400, error.Body);
        foreach (Page page in new[] { consent, access, toSignIn, error })
        {
            Dictionary<string, string> policy = page.Headers["Content-Security-Policy"]
                .Split("; ")
                .ToDictionary(
                    directive => directive.Split(' ')[0],
                    directive => directive[(directive.IndexOf(' ') + 1)..]
                );
            policy["frame-ancestors"].Should().Be("'none'");
            policy["default-src"].Should().Be("'none'");
            policy["base-uri"].Should().Be("'none'");
            policy.Should().NotContainKey("script-src");
            policy["form-action"].Should().Be(page == consent ? "'self' https://client.example" : "'self'");
            page.Headers["X-Frame-Options"].Should().Be("DENY");
            page.Headers["Cache-Control"].Should().Contain("no-store");
            page.Headers["Referrer-Policy"].Should().Be("no-referrer");
        }
    }

    [Fact]
    public async Task Guessing_LeavesTheOwnerElsewhereAlone()
    {
        Uri origin = new(stage.Url);
        Person guesser = stage.NewPerson("guesser");
        Person bob = stage.NewPerson("bob", IPAddress.Parse("127.0.0.2"));
        for (int i = 0; i < 11; i++)
        {
            await guesser.SignInAsync(origin, "bob", "not the password at all");
        }

        (await guesser.SignInAsync(origin, "bob", "not the password at all")).Status.Should().Be(429);
        (await bob.SignInAsync(origin, "bob", "mistyped password")).Status.Should().Be(401, "he guessed nothing");
        (await bob.SignInAsync(origin, "bob", PeopleStage.Password)).Status.Should().Be(200);
        stage.Server.Time.Advance(TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    [InlineData("/sign-in/begin")]
    public async Task SignIn_WithoutTheFormsToken_SignsNobodyIn(string path)
    {
        Uri uri = new(new Uri(stage.Url), path);
        (string, string)[] values = [("name", "alice"), ("password", PeopleStage.Password), ("return", "/access")];
        Person alice = await stage.SignedInAsync("alice");
        string cookies = alice.Cookies;
        Person stranger = stage.NewPerson("stranger");
        Form foreign = Form.Of(await stranger.OpenAsync(new Uri(new Uri(stage.Url), "/sign-in")), "password-form");
        Person browser = stage.NewPerson("alice");

        foreach (
            Page page in new[]
            {
                await browser.PostAsync(uri, values),
                await browser.PostAsync(uri, [.. values, ("form_token", "made up")]),
                await browser.SendAsync(uri, foreign with { Action = path }, values),
                await alice.SendAsync(uri, foreign with { Action = path }, values),
            }
        )
        {
            page.Status.Should().Be(400, page.Body);
            page.Headers.Should().NotContainKey("Set-Cookie");
        }

        alice.Cookies.Should().Be(cookies);
        (await alice.OpenAsync(new Uri(new Uri(stage.Url), "/access"))).Status.Should().Be(200, "she is still here");
        (await browser.OpenAsync(new Uri(new Uri(stage.Url), "/access"))).Status.Should().Be(303);
    }

    [Fact]
    public async Task SignOut_EndsTheSessionItself()
    {
        Uri access = new($"{stage.Url}/access");
        Person alice = stage.NewPerson("alice");
        await alice.SignInAsync(new Uri(stage.Url), "alice", PeopleStage.Password);
        Person thief = stage.NewPerson("thief");
        thief.TakeCookies(alice.Cookies);
        (await thief.OpenAsync(access)).Status.Should().Be(200, "a cookie is what it is");

        Page signedOut = await alice.SendAsync(access, Form.Of(await alice.OpenAsync(access), "sign-out-form"));

        signedOut.Status.Should().Be(200, signedOut.Body);
        (await thief.OpenAsync(access)).Status.Should().Be(303, "the row is gone, not only the cookie");
        (await alice.OpenAsync(access)).Status.Should().Be(303);
    }

    [Fact]
    public async Task Prompt_IsTheClientsToChoose()
    {
        McpClientProgram client = await stage.ClientAsync();
        Person alice = stage.NewPerson("alice");
        Page nobody = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "none")));
        await alice.SignInAsync(new Uri(stage.Url), "alice", PeopleStage.Password);

        Page fresh = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "login")));
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        Page later = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "login")));
        Page unforced = await alice.OpenAsync(client.AuthorizationRequest());
        await alice.SignInAsync(new Uri(stage.Url), "alice", PeopleStage.Password);
        Page again = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "login")));

        nobody.Location!.GetLeftPart(UriPartial.Path).Should().Be(client.RedirectUri);
        HttpUtility.ParseQueryString(nobody.Location.Query)["error"].Should().Be("login_required");
        HttpUtility.ParseQueryString(nobody.Location.Query)["code"].Should().BeNull();
        fresh.Status.Should().Be(200, "that sign-in is the one that was asked for");
        later.Status.Should().Be(303);
        later.Location!.ToString().Should().StartWith("/sign-in?");
        unforced.Status.Should().Be(200, "she is signed in all the same");
        again.Status.Should().Be(200);
    }

    [Fact]
    public async Task Refresh_IsForTheOneResource()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        JsonElement tokens = await client.TokensAsync(alice);

        foreach (
            string resource in new[]
            {
                "https://other.example/mcp",
                $"{stage.Url}/mcp/",
                $"{stage.Url}/x/../mcp",
                $"{stage.Url}//mcp",
                $"{stage.Url}/MCP",
                stage.Url.Replace("127.0.0.1", "127.1", StringComparison.Ordinal) + "/mcp",
            }
        )
        {
            Reply refused = await client.RefreshAsync(RefreshOf(tokens), ("resource", resource));
            refused.Status.Should().Be(400, resource);
            refused.Json.GetProperty("error").GetString().Should().Be("invalid_target", resource);
        }

        Reply malformed = await client.RefreshAsync(RefreshOf(tokens), ("resource", $"{stage.Url}/mcp#x"));
        malformed.Status.Should().Be(400, "a resource has no fragment (RFC 8707 §2)");
        Reply right = await client.RefreshAsync(
            RefreshOf(tokens),
            ("resource", client.Resource.Replace("http://", "HTTP://", StringComparison.Ordinal))
        );
        right.Status.Should().Be(200, "scheme and host are taken in any case: MCP has it so");
    }

    [Fact]
    public async Task RefreshToken_ReplacedTwice_EndsTheGrantAtOnce()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        JsonElement first = await client.TokensAsync(alice);
        JsonElement second = (await client.RefreshAsync(RefreshOf(first))).Json;
        JsonElement third = (await client.RefreshAsync(RefreshOf(second))).Json;

        Reply replay = await client.RefreshAsync(RefreshOf(first));

        replay.Status.Should().Be(400, "its successor was used, so nobody waits for it");
        (await client.RefreshAsync(RefreshOf(third))).Status.Should().Be(400, "the family ended");
    }

    [Fact]
    public async Task Grant_EndsThirtyDaysAfterItsLastUse_AndTokensVerifyOverAKeyChange()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        McpClientProgram client = await own.Stage.ClientAsync();
        JsonElement old = await client.TokensAsync(await own.Stage.SignedInAsync("alice"));
        string key = KeyOf(old);
        await VerifiesAsync(own.Stage, old);
        await RotateAsync(own.Stage);
        FakeTimeProvider time = own.Stage.Server.Time;
        void Later(int days) => time.AdjustTime(time.GetUtcNow().AddDays(days)); // without a month of the background's work

        JsonElement next = (await client.RefreshAsync(RefreshOf(old))).Json;

        KeyOf(next).Should().NotBe(key);
        await VerifiesAsync(own.Stage, next);
        await VerifiesAsync(own.Stage, old); // its key is still published while tokens of it live
        (await client.Visit(next).SendAsync("tools/list", [])).Status.Should().Be(200);
        Later(29);
        JsonElement used = (await client.RefreshAsync(RefreshOf(next))).Json;
        Later(29);
        JsonElement last = (await client.RefreshAsync(RefreshOf(used))).Json;
        Later(30);
        Reply idle = await client.RefreshAsync(RefreshOf(last));
        idle.Status.Should().Be(400, idle.Body);
        idle.Json.GetProperty("error").GetString().Should().Be("invalid_grant");
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

    private static McpClientProgram Basic(McpClientProgram client, string secret) =>
        client with
        {
            Prepare = request =>
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic",
                    Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client.ClientId}:{secret}"))
                ),
        };

    private static string KeyOf(JsonElement tokens) =>
        new JsonWebToken(tokens.GetProperty("access_token").GetString()).Kid;

    /// <summary>As a resource server of somebody else would, by the published keys.</summary>
    private static async Task VerifiesAsync(PeopleStage stage, JsonElement tokens)
    {
        Reply keys = await stage.Server.SendAsync(HttpMethod.Get, "/oauth/jwks", null);
        TokenValidationResult result = await new JsonWebTokenHandler().ValidateTokenAsync(
            tokens.GetProperty("access_token").GetString(),
            new TokenValidationParameters
            {
                ValidTypes = ["at+jwt"],
                ValidAlgorithms = ["RS256"],
                ValidIssuer = $"{stage.Url}/oauth",
                ValidAudience = $"{stage.Url}/mcp",
                IssuerSigningKeys = new JsonWebKeySet(keys.Body).GetSigningKeys(),
                LifetimeValidator = (_, ends, _, _) => ends > stage.Server.Time.GetUtcNow(),
            }
        );
        result.IsValid.Should().BeTrue(result.Exception?.Message);
        keys.Body.Should().NotContain("\"d\"");
    }

    private static async Task RotateAsync(PeopleStage stage)
    {
        Reply rotated = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/keys:rotate",
            stage.Server.OperatorToken,
            """{"kind":"token_signing"}"""
        );
        rotated.Status.Should().Be(200, rotated.Body);
        string next = rotated.Json.GetProperty("id").GetString()!;
        for (int i = 0; i < 100; i++)
        {
            Reply keys = await stage.Server.SendAsync(
                HttpMethod.Get,
                "/api/v1/behalf/keys",
                stage.Server.OperatorToken
            );
            bool isActive = keys
                .Json.GetProperty("keys")
                .EnumerateArray()
                .Any(key =>
                    key.GetProperty("id").GetString() == next && key.GetProperty("state").GetString() == "active"
                );
            if (isActive)
            {
                return;
            }

            stage.Server.Time.Advance(TimeSpan.FromSeconds(5)); // the background has its turn
        }

        Assert.Fail("The key did not become active.");
    }

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
