using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Credentials that a person types in: the form, who is confirmed, and how each kind goes to the provider.</summary>
public sealed class TypedCredentialTests : IClassFixture<Stage>
{
    private const string Key = "key-of-alice-0123456789";
    private readonly Stage _stage;

    public TypedCredentialTests(Stage stage)
    {
        _stage = stage;
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{Key}"));
        stage.Provider.UserOfKey = request =>
            request.Headers["X-Api-Key"] == $"Key {Key}"
            || request.Query["key"] == Key
            || request.Headers.Authorization == $"Token {Key}"
            || request.Headers.Authorization == $"Basic {basic}"
            || request.Path.Value!.EndsWith("/open/things", StringComparison.Ordinal)
                ? "alice"
                : null;
    }

    public static TheoryData<string, string, (string, string)[]> Kinds =>
        new()
        {
            {
                "Header Key",
                """{"type":"API_KEY","auth_header_key_override":"X-Api-Key","auth_field_mutations":{"api_key":{"prefix":"Key "}}}""",
                [("api_key", Key)]
            },
            { "Query Key", """{"type":"API_KEY","auth_query_key":"key"}""", [("api_key", Key)] },
            {
                "Bearer",
                """{"type":"BEARER","auth_field_mutations":{"token":{"prefix":"Token "}}}""",
                [("token", Key)]
            },
            { "Basic", """{"type":"BASIC"}""", [("username", "alice"), ("password", Key)] },
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CredentialTypedIn_IsVerified_ThenGoesWithCallsAndNeverComesBack(
        string name,
        string pattern,
        (string, string)[] values
    )
    {
        string user = $"alice-{name.Replace(' ', '-')}";
        string slug = await AddAsync(name, pattern);
        Person alice = _stage.NewPerson(user);

        Page sent = await alice.SubmitAsync(await _stage.LinkAsync(user, slug), values);
        sent.Status.Should().Be(303, sent.Body);
        string request = alice.RequestIdOf(sent);
        (await _stage.AccountAsync(user, slug)).GetProperty("status").GetString().Should().Be("PENDING_VERIFICATION");
        (await _stage.VerifyAsync(request, user)).Status.Should().Be(200);
        JsonElement account = await _stage.AccountAsync(user, slug);
        account.GetProperty("status").GetString().Should().Be("ACTIVE");
        account.GetProperty("authorization_details").TryGetProperty("static_auth", out _).Should().BeTrue();
        account.ToString().Should().NotContain(Key);

        Reply done = await _stage.ExecuteAsync(user, $"{slug}_list_things", new { });

        done.Status.Should().Be(200, done.Body);
        done.Json.GetProperty("data").GetProperty("user").GetString().Should().Be("alice");
        done.Body.Should().Contain("[redacted]").And.NotContain(Key);
        done.Body.Should().NotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{Key}")));
    }

    [Fact]
    public async Task ForwardedLink_ConnectsNobody()
    {
        string slug = await AddAsync("Forwarded", """{"type":"BEARER"}""");
        Person bob = _stage.NewPerson("bob-forwarded");
        Page sent = await bob.SubmitAsync(
            await _stage.LinkAsync("alice-forwarded", slug),
            ("token", "token-of-bob-98765")
        );
        string request = bob.RequestIdOf(sent);

        Reply refused = await _stage.VerifyAsync(request, "bob-forwarded");

        refused.Status.Should().Be(403);
        (await _stage.AccountAsync("alice-forwarded", slug)).GetProperty("status").GetString().Should().NotBe("ACTIVE");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("naïve")]
    public async Task WrongInput_IsToldOnThePage_AndTheLinkStaysGood(string token)
    {
        string slug = await AddAsync($"Wrong {token.Length}", """{"type":"BEARER"}""");
        Person alice = _stage.NewPerson("alice-wrong");
        Uri link = await _stage.LinkAsync("alice-wrong", slug);

        Page refused = await alice.SubmitAsync(link, ("token", token));

        refused.Status.Should().Be(400);
        refused.Body.Should().Contain("role=\"alert\"");
        (await alice.SubmitAsync(link, ("token", "good-token-123"))).Status.Should().Be(303);
        (await alice.OpenAsync(link)).Status.Should().NotBe(200, "it is spent now");
    }

    [Fact]
    public async Task Form_NeedsItsToken_AndRunsNothing()
    {
        string slug = await AddAsync(
            "Form",
            """{"type":"API_KEY","fields":[{"field_name":"k","label":"<script>x</script>"}]}"""
        );
        Uri link = await _stage.LinkAsync("alice-form", slug);
        using HttpResponseMessage page = await _stage.Server.Http.GetAsync(link, TestContext.Current.CancellationToken);
        string body = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();

        policy.Should().Contain("default-src 'none'").And.NotContain("script-src").And.NotContain("unsafe");
        body.Should().NotContain("<script").And.Contain("type=\"password\"").And.Contain("autocomplete=\"off\"");
        using FormUrlEncodedContent form = new([new("credential.k", "some-key-123")]);
        using HttpResponseMessage bare = await _stage.Server.Http.PostAsync(
            $"{link}/credential",
            form,
            TestContext.Current.CancellationToken
        );
        ((int)bare.StatusCode).Should().Be(400);
        (await _stage.AccountAsync("alice-form", slug)).GetProperty("status").GetString().Should().Be("PENDING_AUTH");
    }

    [Fact]
    public async Task RejectedCredential_EndsTheAccount_WithTheReason()
    {
        string slug = await AddAsync("Rejected", """{"type":"BEARER"}""");
        Person alice = _stage.NewPerson("alice-rejected");
        Page sent = await alice.SubmitAsync(
            await _stage.LinkAsync("alice-rejected", slug),
            ("token", "unknown-to-them")
        );
        await _stage.VerifyAsync(alice.RequestIdOf(sent), "alice-rejected");

        (await _stage.ExecuteAsync("alice-rejected", $"{slug}_list_things", new { })).Status.Should().Be(400);

        Reply again = await _stage.ExecuteAsync("alice-rejected", $"{slug}_list_things", new { });
        again.ErrorCode.Should().Be("account_not_active");
        again.Body.Should().Contain("credential_rejected");
    }

    [Fact]
    public async Task ConnectorWithoutCredentials_ConnectsByAgreement()
    {
        string slug = await AddAsync("Open Data", """{"type":"NO_AUTH"}""", "/open/things");
        Person alice = _stage.NewPerson("alice-open");
        Page sent = await alice.SubmitAsync(await _stage.LinkAsync("alice-open", slug));
        await _stage.VerifyAsync(alice.RequestIdOf(sent), "alice-open");

        Reply done = await _stage.ExecuteAsync("alice-open", $"{slug}_list_things", new { });

        done.Status.Should().Be(200, done.Body);
        done.Json.GetProperty("data").GetProperty("echo").GetString()!.Trim().Should().BeEmpty("nothing is put on");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CredentialTheApplicationBrings_IsActiveAtOnce_AndNeverComesBack(
        string name,
        string pattern,
        (string, string)[] values
    )
    {
        string user = $"bob-{name.Replace(' ', '-')}";
        string slug = await AddAsync($"Brought {name}", pattern);

        Reply created = await BringAsync(HttpMethod.Post, slug, user, Details(values));

        created.Status.Should().Be(200, created.Body);
        created.Body.Should().NotContain(Key);
        JsonElement account = created.Json.GetProperty("connected_account");
        account.GetProperty("status").GetString().Should().Be("ACTIVE");
        account.GetProperty("authorization_details").TryGetProperty("static_auth", out _).Should().BeTrue();
        Reply done = await _stage.ExecuteAsync(user, $"{slug}_list_things", new { });
        done.Status.Should().Be(200, done.Body);
        done.Json.GetProperty("data").GetProperty("user").GetString().Should().Be("alice");
        JsonElement[] trail = await _stage.AuditAsync($"identifier={user}&kind=admin");
        trail
            .Select(record => record.GetProperty("action").GetString())
            .Should()
            .Equal("account.created", "account.imported");
        trail.Should().OnlyContain(record => !record.ToString().Contains(Key, StringComparison.Ordinal));
        _stage.LogLines.Should().NotContain(line => line.Contains(Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BroughtCredential_ReplacesARejectedOne_AndWhatIsShownReplacesNothing()
    {
        string slug = await AddAsync(
            "Replaced",
            """{"type":"BEARER","auth_field_mutations":{"token":{"prefix":"Token "}}}"""
        );
        await BringAsync(HttpMethod.Post, slug, "carol-replaced", Details(("token", "not-known-to-them")));
        (await _stage.ExecuteAsync("carol-replaced", $"{slug}_list_things", new { })).Status.Should().Be(400);

        Reply expired = await BringAsync(HttpMethod.Put, slug, "carol-replaced", new JsonObject());
        Reply renewed = await BringAsync(HttpMethod.Put, slug, "carol-replaced", Details(("token", Key)));
        Reply shown = await BringAsync(HttpMethod.Put, slug, "carol-replaced", new JsonObject());

        Status(expired).Should().Be("EXPIRED", "static_auth without details brings nothing");
        Status(renewed).Should().Be("ACTIVE");
        Status(shown).Should().Be("ACTIVE");
        _stage.Server.Time.Advance(TimeSpan.FromSeconds(11)); // past the time in which a failed call's repeat is told the same
        (await _stage.ExecuteAsync("carol-replaced", $"{slug}_list_things", new { })).Status.Should().Be(200);
    }

    [Fact]
    public async Task BroughtCredential_IsCheckedByTheConnectorsFields_AndWhatIsRefusedCreatesNothing()
    {
        string slug = await AddAsync("Checked", """{"type":"BASIC"}""");

        Reply partly = await BringAsync(HttpMethod.Post, slug, "dave-checked", Details(("username", "dave")));
        Reply other = await BringAsync(
            HttpMethod.Post,
            slug,
            "dave-checked",
            Details(("username", "dave"), ("password", Key), ("token", Key))
        );
        Reply oauth = await SendAsync(
            HttpMethod.Post,
            "connected_accounts",
            new JsonObject
            {
                ["connector"] = slug,
                ["identifier"] = "dave-checked",
                ["connected_account"] = new JsonObject
                {
                    ["authorization_details"] = new JsonObject
                    {
                        ["oauth_token"] = new JsonObject { ["access_token"] = Key },
                    },
                },
            }
        );

        foreach (Reply reply in new[] { partly, other, oauth })
        {
            reply.Status.Should().Be(400, reply.Body);
            reply.Body.Should().NotContain(Key);
        }

        partly.Body.Should().Contain("connected_account.authorization_details.static_auth.details.password");
        other.Body.Should().Contain("username and password");
        oauth.Body.Should().Contain("static_auth with username and password");
        Reply none = await _stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts/details?connector={slug}&identifier=dave-checked",
            _stage.Server.ServiceToken
        );
        none.Status.Should().Be(404, none.Body);
    }

    [Fact]
    public async Task UserSession_CannotBringACredential()
    {
        string slug = await AddAsync("Session", """{"type":"BEARER"}""");
        string session = (await _stage.Server.SessionAsync("erin-session")).GetProperty("token").GetString()!;

        Reply refused = await BringAsync(HttpMethod.Post, slug, "erin-session", Details(("token", Key)), session);

        refused.Status.Should().Be(403, refused.Body);
        refused.ErrorCode.Should().Be("service_credential_required");
    }

    [Fact]
    public async Task ReadBack_GivesTheFields_WhereTheOperatorTurnedItOn()
    {
        string slug = await AddAsync("Read Back", """{"type":"BASIC"}""");
        await BringAsync(HttpMethod.Post, slug, "alice-read", Details(("username", "alice"), ("password", $"{Key}:x")));
        string path = $"/api/v1/connected_accounts/auth?connector={slug}&identifier=alice-read";

        Reply off = await _stage.Server.SendAsync(HttpMethod.Get, path, _stage.Server.ServiceToken);
        await ReadBackAsync(true);
        Reply on = await _stage.Server.SendAsync(HttpMethod.Get, path, _stage.Server.ServiceToken);
        await ReadBackAsync(false);

        off.Status.Should().Be(200, off.Body);
        off.Body.Should().NotContain(Key);
        JsonElement details = on
            .Json.GetProperty("connected_account")
            .GetProperty("authorization_details")
            .GetProperty("static_auth")
            .GetProperty("details");
        details.GetProperty("username").GetString().Should().Be("alice");
        details.GetProperty("password").GetString().Should().Be($"{Key}:x");
    }

    private static string Status(Reply reply) =>
        reply.Json.GetProperty("connected_account").GetProperty("status").GetString()!;

    private static JsonObject Details(params (string Name, string Value)[] values) =>
        new()
        {
            ["details"] = new JsonObject(
                values.Select(value => KeyValuePair.Create(value.Name, (JsonNode?)JsonValue.Create(value.Value)))
            ),
        };

    private Task<Reply> BringAsync(
        HttpMethod method,
        string connection,
        string identifier,
        JsonObject staticAuth,
        string? token = null
    ) =>
        SendAsync(
            method,
            "connected_accounts",
            new JsonObject
            {
                ["connector"] = connection,
                ["identifier"] = identifier,
                ["connected_account"] = new JsonObject
                {
                    ["authorization_details"] = new JsonObject { ["static_auth"] = staticAuth },
                },
            },
            token
        );

    private Task<Reply> ReadBackAsync(bool isOn) =>
        SendAsync(
            HttpMethod.Patch,
            "behalf/environments/default",
            new JsonObject { ["read_back"] = isOn },
            _stage.Server.OperatorToken
        );

    private async Task<string> AddAsync(string name, string pattern, string path = "/things")
    {
        JsonObject provider = new()
        {
            ["display_name"] = name,
            ["proxy_url"] = "https://api.example",
            ["auth_patterns"] = new JsonArray(JsonNode.Parse(pattern)),
        };
        Reply created = await SendAsync("custom-providers", provider);
        created.Status.Should().Be(200, created.Body);
        string slug = created.Json.GetProperty("provider").GetProperty("identifier").GetString()!;
        Reply connection = await SendAsync(
            "behalf/connections",
            new JsonObject
            {
                ["connector"] = slug,
                ["name"] = slug,
                ["base_url"] = $"{_stage.Provider.Origin}/api",
            }
        );
        connection.Status.Should().Be(200, connection.Body);
        Reply tool = await SendAsync(
            "tools",
            new JsonObject
            {
                ["provider"] = slug,
                ["definition"] = new JsonObject
                {
                    ["name"] = "list_things",
                    ["description"] = "Lists all things there are.",
                    ["annotations"] = new JsonObject { ["read_only_hint"] = true },
                },
                ["metadata"] = new JsonObject { ["request"] = new JsonObject { ["path"] = path } },
            }
        );
        tool.Status.Should().Be(200, tool.Body);
        return slug;
    }

    private Task<Reply> SendAsync(string path, JsonObject body) => SendAsync(HttpMethod.Post, path, body);

    private Task<Reply> SendAsync(HttpMethod method, string path, JsonObject body, string? token = null) =>
        _stage.Server.SendAsync(method, $"/api/v1/{path}", token ?? _stage.Server.ServiceToken, body.ToJsonString());
}
