using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

/// <summary>A sandbox for each test, because the rules about tokens are set for all of it.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly SandboxFixture _sandbox = new();
    private Consent _app = null!;

    public async ValueTask InitializeAsync()
    {
        await _sandbox.InitializeAsync();
        _app = await Consent.RegisterAsync(_sandbox);
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task AnAccessToken_EndsAfterAnHour_AndTheRefreshTokenStaysGood()
    {
        var tokens = await _app.TokensAsync("alice");
        _sandbox.Time.Advance(TimeSpan.FromHours(1));
        var expired = await MeAsync(tokens);
        expired.Status.Should().Be(401);
        expired.Message.Should().StartWith("The bearer token has expired.");
        for (var i = 0; i < 2; i++)
        {
            var refreshed = await _app.RefreshAsync(Refresh(tokens));
            refreshed.Json.AsObject().ContainsKey("refresh_token").Should().BeFalse();
            (await MeAsync(refreshed.Json)).Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task StrictRotation_EndsTheGrant_WhenAnOldRefreshTokenIsUsed()
    {
        await FaultsAsync(new JsonObject { ["rotation"] = "strict" });
        var tokens = await _app.TokensAsync("alice");
        var rotated = await _app.RefreshAsync(Refresh(tokens));
        Refresh(rotated.Json).Should().NotBe(Refresh(tokens));
        Error(await _app.RefreshAsync(Refresh(tokens))).Should().Be("invalid_grant");
        Error(await _app.RefreshAsync(Refresh(rotated.Json))).Should().Be("invalid_grant");
        (await MeAsync(rotated.Json)).Status.Should().Be(401);
    }

    [Fact]
    public async Task GraceRotation_AcceptsAnOldRefreshToken_ForAWhile()
    {
        await FaultsAsync(new JsonObject { ["rotation"] = "grace", ["grace_seconds"] = 20 });
        var tokens = await _app.TokensAsync("alice");
        var rotated = await _app.RefreshAsync(Refresh(tokens));
        _sandbox.Time.Advance(TimeSpan.FromSeconds(19));
        var again = await _app.RefreshAsync(Refresh(tokens));
        Refresh(again.Json).Should().Be(Refresh(rotated.Json));
        _sandbox.Time.Advance(TimeSpan.FromSeconds(1));
        Error(await _app.RefreshAsync(Refresh(tokens))).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task TheLifeOfAccessTokens_CanBeShortened_AndEndedAtOnce()
    {
        await FaultsAsync(new JsonObject { ["access_token_seconds"] = 5 });
        var tokens = await _app.TokensAsync("alice");
        tokens["expires_in"]!.GetValue<int>().Should().Be(5);
        (await MeAsync(tokens)).Status.Should().Be(200);
        await FaultsAsync(new JsonObject { ["expire_access_tokens"] = true });
        (await MeAsync(tokens)).Message.Should().StartWith("The bearer token has expired.");
    }

    [Fact]
    public async Task Revoking_EndsTheGrant_AndAnswersTheSameTwice()
    {
        var tokens = await _app.TokensAsync("alice");
        var access = await _app.TokenAsync("/-/oauth_revoke", ("token", tokens["access_token"]!.GetValue<string>()));
        access.Status.Should().Be(400);
        (await _app.TokenAsync("/-/oauth_revoke", ("token", Refresh(tokens)), ("client_secret", "x")))
            .Status.Should()
            .Be(401);
        (await MeAsync(tokens)).Status.Should().Be(200);
        (await _app.TokenAsync("/-/oauth_revoke", ("token", Refresh(tokens)))).Status.Should().Be(200);
        (await _app.TokenAsync("/-/oauth_revoke", ("token", Refresh(tokens)))).Status.Should().Be(200);
        (await _app.TokenAsync("/-/oauth_revoke", ("token", "unknown"))).Status.Should().Be(200);
        (await MeAsync(tokens)).Message.Should().Be("Not Authorized");
        Error(await _app.RefreshAsync(Refresh(tokens))).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task RemovingTheApp_EndsThatUsersGrantsOnly()
    {
        var (alice, bob) = (await _app.TokensAsync("alice"), await _app.TokensAsync("bob"));
        var body = new JsonObject { ["user"] = "alice", ["client_id"] = _app.ClientId };
        var removed = await _sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/revoke", body);
        removed.Json["revoked_grants"]!.GetValue<int>().Should().Be(1);
        (await MeAsync(alice)).Status.Should().Be(401);
        (await MeAsync(bob)).Status.Should().Be(200);
    }

    [Fact]
    public async Task ADeprovisionedUser_LosesEverything()
    {
        var tokens = await _app.TokensAsync("bob");
        await _sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/users/bob", new JsonObject { ["active"] = false });
        (await MeAsync(tokens)).Status.Should().Be(401);
        (await _sandbox.As("bob").GetAsync("/users/me")).Status.Should().Be(401);
        Error(await _app.RefreshAsync(Refresh(tokens))).Should().Be("invalid_grant");
    }

    [Fact]
    public async Task Introspection_TellsTheGrantedScopes()
    {
        var scoped = await Consent.RegisterAsync(_sandbox, new JsonArray("tasks:read", "users:read", "openid"));
        var tokens = await scoped.TokensAsync("alice", "users:read tasks:read");
        var info = await scoped.TokenAsync("/-/token_info", ("token", tokens["access_token"]!.GetValue<string>()));
        info.Json["active"]!.GetValue<bool>().Should().BeTrue();
        info.Json["scope"]!.GetValue<string>().Should().Be("tasks:read users:read");
        info.Json["token_type"]!.GetValue<string>().Should().Be("bearer");
        info.Json["client_id"]!.GetValue<string>().Should().Be(scoped.ClientId);
        var refresh = await scoped.TokenAsync("/-/token_info", ("token", Refresh(tokens)));
        refresh.Json["token_type"]!.GetValue<string>().Should().Be("refresh");
        var unknown = await scoped.TokenAsync("/-/token_info", ("token", "unknown"));
        unknown.Json.ToJsonString().Should().Be("{\"active\":false}");
    }

    [Fact]
    public async Task UserInfo_ShowsWhatTheIdentityScopesAllow()
    {
        var scoped = await Consent.RegisterAsync(_sandbox, new JsonArray("users:read", "openid", "email"));
        var tokens = await scoped.TokensAsync("alice", "openid email");
        var info = await _sandbox.With(tokens["access_token"]!.GetValue<string>()).GetAsync("/openid_connect/userinfo");
        info.Json["sub"]!.GetValue<string>().Should().Be(_sandbox.Gid("alice"));
        info.Json["email"]!.GetValue<string>().Should().Be("alice@acme.com");
        info.Json.AsObject().ContainsKey("name").Should().BeFalse();
    }

    private Task<ApiResponse> MeAsync(JsonNode tokens) =>
        _sandbox.With(tokens["access_token"]!.GetValue<string>()).GetAsync("/users/me");

    private static string Refresh(JsonNode tokens) => tokens["refresh_token"]!.GetValue<string>();

    private static string Error(ApiResponse answer) => answer.Json["error"]!.GetValue<string>();

    private async Task FaultsAsync(JsonObject body) =>
        (await _sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/faults", body)).Status.Should().Be(200);
}
