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

    private Task<Reply> SendAsync(string path, JsonObject body) =>
        _stage.Server.SendAsync(HttpMethod.Post, $"/api/v1/{path}", _stage.Server.ServiceToken, body.ToJsonString());
}
