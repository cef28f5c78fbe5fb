using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

public sealed class AuthorizationTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public async Task Consent_LeadsToTokensOfThePersonWhoSignedIn()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var tokens = await app.TokensAsync("bob");
        tokens["token_type"]!.GetValue<string>().Should().Be("bearer");
        tokens["expires_in"]!.GetValue<int>().Should().Be(3600);
        tokens["data"]!["gid"]!.GetValue<string>().Should().Be(sandbox.Gid("bob"));
        tokens["data"]!["id"]!.GetValue<long>().ToString().Should().Be(sandbox.Gid("bob"));
        tokens["data"]!["email"]!.GetValue<string>().Should().Be("bob@acme.com");
        var me = await sandbox.With(tokens["access_token"]!.GetValue<string>()).GetAsync("/users/me");
        me.Data["name"]!.GetValue<string>().Should().Be("Bob Brown");
    }

    [Theory]
    [InlineData("client_id", "nobody")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/callback/")]
    public async Task AnUntrustedRedirect_IsNeverFollowed(string name, string value)
    {
        var app = await Consent.RegisterAsync(sandbox);
        var answer = await GetAsync(app.Query("default", (name, value)));
        answer.Status.Should().Be(400);
        answer.Location.Should().BeNull();
        answer.Text.Should().StartWith("invalid_request: ");
    }

    [Theory]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("state", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("scope", "tasks:read", "forbidden_scopes")]
    public async Task AWrongRequest_GoesBackToTheApp(string name, string? value, string error)
    {
        var app = await Consent.RegisterAsync(sandbox);
        var answer = await GetAsync(app.Query("default", (name, value)));
        answer.Status.Should().Be(302);
        Consent.Parameters(answer.Location!)["error"].Should().Be(error);
    }

    [Fact]
    public async Task AScopedApp_MustNameItsScopes()
    {
        var app = await Consent.RegisterAsync(sandbox, new JsonArray("tasks:read", "users:read"));
        var without = await GetAsync(app.Query(scope: null));
        Consent.Parameters(without.Location!)["error_description"].Should().Contain("`default identity` scopes");
        var beyond = await GetAsync(app.Query("tasks:read tasks:write"));
        Consent.Parameters(beyond.Location!)["error"].Should().Be("forbidden_scopes");
        (await GetAsync(app.Query("tasks:read"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task Denying_GivesAccessDeniedWithTheState()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var back = await app.DecideAsync("alice", "deny");
        back["error"].Should().Be("access_denied");
        back["state"].Should().Be("state-1");
    }

    [Fact]
    public async Task SigningIn_Fails_WithAWrongPasswordOrAForeignForm()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var browser = sandbox.Plain();
        var page = await Consent.PageAsync(browser, app.Query());
        var wrong = await Consent.SubmitAsync(
            browser,
            "/-/sign_in",
            page,
            ("username", "alice"),
            ("password", "guess")
        );
        wrong.Status.Should().Be(401);
        var stranger = sandbox.Plain();
        var foreign = await Consent.SubmitAsync(
            stranger,
            "/-/sign_in",
            page,
            ("username", "alice"),
            ("password", "alice-practice")
        );
        foreign.Status.Should().Be(401);
        var right = await Consent.SubmitAsync(
            browser,
            "/-/sign_in",
            page,
            ("username", "alice"),
            ("password", "alice-practice")
        );
        right.Status.Should().Be(302);
    }

    [Fact]
    public async Task ACode_WorksOnce_AndASecondUseRevokesWhatItGave()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var code = (await app.DecideAsync("alice", "allow"))["code"];
        var first = await app.ExchangeAsync(code);
        var token = first.Json["access_token"]!.GetValue<string>();
        (await sandbox.With(token).GetAsync("/users/me")).Status.Should().Be(200);
        var second = await app.ExchangeAsync(code);
        second.Status.Should().Be(400);
        Error(second).Should().Be("invalid_grant");
        (await sandbox.With(token).GetAsync("/users/me")).Status.Should().Be(401);
        Error(await app.RefreshAsync(first.Json["refresh_token"]!.GetValue<string>())).Should().Be("invalid_grant");
    }

    [Theory]
    [InlineData("code_verifier", "verifier-verifier-verifier-verifier-verifier-1")]
    [InlineData("code_verifier", null)]
    [InlineData("redirect_uri", "http://127.0.0.1:9/other")]
    public async Task ACode_IsBurnt_WhenItsBindingsDoNotMatch(string name, string? value)
    {
        var app = await Consent.RegisterAsync(sandbox);
        var code = (await app.DecideAsync("alice", "allow"))["code"];
        Error(await app.ExchangeAsync(code, (name, value))).Should().Be("invalid_grant");
        Error(await app.ExchangeAsync(code)).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task ACode_EndsAfterFiveMinutes()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var code = (await app.DecideAsync("alice", "allow"))["code"];
        sandbox.Time.Advance(TimeSpan.FromMinutes(5));
        Error(await app.ExchangeAsync(code)).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task EveryGrant_NeedsTheSecret_AndAForm()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var tokens = await app.TokensAsync("alice");
        var refresh = tokens["refresh_token"]!.GetValue<string>();
        var without = await app.RefreshAsync(refresh, ("client_secret", null));
        without.Status.Should().Be(401);
        Error(without).Should().Be("invalid_client");
        var code = (await app.DecideAsync("alice", "allow"))["code"];
        Error(await app.ExchangeAsync(code, ("client_secret", "wrong"))).Should().Be("invalid_client");
        (await app.ExchangeAsync(code)).Status.Should().Be(200);
        var json = await sandbox.JudgeAsync(
            HttpMethod.Post,
            "/-/oauth_token",
            new JsonObject { ["grant_type"] = "refresh_token" }
        );
        Error(json).Should().Be("invalid_request");
    }

    [Fact]
    public async Task ARefreshToken_OfAnotherApp_IsRefused()
    {
        var (mine, other) = (await Consent.RegisterAsync(sandbox), await Consent.RegisterAsync(sandbox));
        var tokens = await mine.TokensAsync("alice");
        Error(await other.RefreshAsync(tokens["refresh_token"]!.GetValue<string>())).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task RedirectUris_AreHttps_OrLoopback()
    {
        foreach (
            var (uri, status) in new[]
            {
                ("http://example.com/cb", 400),
                ("https://example.com/cb", 201),
                ("http://[::1]:5/cb", 201),
                ("urn:ietf:wg:oauth:2.0:oob", 201),
            }
        )
        {
            var body = new JsonObject { ["name"] = "x", ["redirect_uris"] = new JsonArray(uri) };
            (await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/apps", body)).Status.Should().Be(status, uri);
        }
    }

    private static string Error(ApiResponse answer) => answer.Json["error"]!.GetValue<string>();

    private async Task<ApiResponse> GetAsync(string path)
    {
        using var answer = await sandbox
            .Plain()
            .GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return await ApiResponse.ReadAsync(answer);
    }
}
