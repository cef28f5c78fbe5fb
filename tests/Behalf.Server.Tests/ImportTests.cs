using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Behalf.Wire.ConnectedAccounts;

namespace Behalf.Server.Tests;

/// <summary>Tokens that a user granted elsewhere, brought along by the application.</summary>
public sealed class ImportTests(Stage stage) : IClassFixture<Stage>
{
    private const string Service = "/scalekit.v1.connected_accounts.ConnectedAccountService/";

    private Task<Reply> CreateAsync(string identifier, object? details, string? token = null) =>
        SendAsync(HttpMethod.Post, identifier, details, token);

    private Task<Reply> UpdateAsync(string identifier, object? details, string? token = null) =>
        SendAsync(HttpMethod.Put, identifier, details, token);

    private Task<Reply> SendAsync(HttpMethod method, string identifier, object? details, string? token) =>
        stage.Server.SendAsync(
            method,
            "/api/v1/connected_accounts",
            token ?? stage.Server.ServiceToken,
            JsonSerializer.Serialize(
                new
                {
                    connector = Stage.Connection,
                    identifier,
                    connected_account = new { authorization_details = details },
                }
            )
        );

    private static object Token(string access, string? refresh = null, params string[] scopes) =>
        new
        {
            oauth_token = new
            {
                access_token = access,
                refresh_token = refresh ?? string.Empty,
                scopes,
            },
        };

    private async Task<string> UserOfAsync(string identifier)
    {
        Reply reply = await stage.ExecuteAsync(identifier, "tracker_get_thing", new { thing = "1" });
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("data").GetProperty("user").GetString()!;
    }

    private static string Status(Reply reply) =>
        reply.Json.GetProperty("connected_account").GetProperty("status").GetString()!;

    private static JsonElement Violation(Reply reply) =>
        reply.Json.GetProperty("details")[0].GetProperty("validation_error_info").GetProperty("field_violations")[0];

    [Fact]
    public async Task ImportedToken_IsActiveAtOnce_AndUsedForItsUserOnly()
    {
        (string access, string refresh) = stage.Provider.GrantElsewhere(stage.Client, "carol", "things");

        Reply created = await CreateAsync("carol-import", Token(access, refresh, "things"));

        created.Status.Should().Be(200, created.Body);
        Status(created).Should().Be("ACTIVE");
        created.Body.Should().NotContain(access).And.NotContain(refresh);
        (await UserOfAsync("carol-import")).Should().Be("carol");
        JsonElement[] trail = await stage.AuditAsync("identifier=carol-import&kind=admin&page_size=100");
        trail
            .Select(record => record.GetProperty("action").GetString())
            .Should()
            .ContainInOrder("account.created", "account.imported");
        trail[^1].GetProperty("detail").GetString().Should().Contain("carol").And.Contain("scopes by import");
    }

    [Fact]
    public async Task ImportedToken_IsRefreshed_OnceItEnds()
    {
        (string access, string refresh) = stage.Provider.GrantElsewhere(stage.Client, "dave", "things");
        await CreateAsync("dave-import", Token(access, refresh, "things"));
        stage.Provider.EndAccessTokens("dave");

        (await UserOfAsync("dave-import")).Should().Be("dave");
    }

    [Fact]
    public async Task TokenThatHasEnded_IsTakenWithItsRefreshToken_AndRefusedWithoutOne()
    {
        (string access, string refresh) = stage.Provider.GrantElsewhere(stage.Client, "erin", "things");
        stage.Provider.EndAccessTokens("erin");

        Reply alone = await CreateAsync("erin-import", Token(access));
        Reply both = await CreateAsync("erin-import", Token(access, refresh));

        alone.Status.Should().Be(400, alone.Body);
        Violation(alone)
            .GetProperty("field")
            .GetString()
            .Should()
            .Be("connected_account.authorization_details.oauth_token.access_token");
        both.Status.Should().Be(200, both.Body);
        (await UserOfAsync("erin-import")).Should().Be("erin");
    }

    [Fact]
    public async Task EmptyToken_IsPendingAtCreate_AndReplacesNothingAtUpdate()
    {
        Reply created = await CreateAsync("alice-empty", Token(string.Empty));
        (string access, _) = stage.Provider.GrantElsewhere(stage.Client, "alice", "things");
        Reply imported = await UpdateAsync("alice-empty", Token(access, null, "things"));
        Reply empty = await UpdateAsync("alice-empty", Token(string.Empty));

        Status(created).Should().Be("PENDING_AUTH");
        Status(imported).Should().Be("ACTIVE");
        empty.Status.Should().Be(200, empty.Body);
        Status(empty).Should().Be("ACTIVE");
        (await UserOfAsync("alice-empty")).Should().Be("alice");
    }

    [Fact]
    public async Task SecondCreate_IsRefused_AndAnUpdateOfNobodyIsNotFound()
    {
        (string access, _) = stage.Provider.GrantElsewhere(stage.Client, "alice", "things");
        await CreateAsync("alice-twice", Token(access));

        Reply again = await CreateAsync("alice-twice", Token(access));
        Reply nobody = await UpdateAsync("nobody-import", Token(access));

        again.Status.Should().Be(409, again.Body);
        again.ErrorCode.Should().Be("account_exists");
        nobody.Status.Should().Be(404, nobody.Body);
    }

    [Fact]
    public async Task SameUsersNewToken_ReplacesTheOldOne_WhichIsNotRevoked()
    {
        await stage.ConnectAsync("alice-renewed");
        int live = stage.Provider.CountLiveGrants("alice");
        (string access, string refresh) = stage.Provider.GrantElsewhere(stage.Client, "alice", "things");

        Reply updated = await UpdateAsync("alice-renewed", Token(access, refresh, "things"));

        updated.Status.Should().Be(200, updated.Body);
        (await UserOfAsync("alice-renewed")).Should().Be("alice");
        await stage.Server.Server.Services.GetAuthorization().WorkAsync(TestContext.Current.CancellationToken);
        stage.Provider.CountLiveGrants("alice").Should().Be(live + 1, "some providers end both with one");
    }

    [Fact]
    public async Task AnotherUsersToken_IsRefused_UnlessAskedFor_AndThenTheOldOneIsRevoked()
    {
        await stage.ConnectAsync("alice-pinned");
        (string access, string refresh) = stage.Provider.GrantElsewhere(stage.Client, "mallory", "things");

        Reply refused = await UpdateAsync("alice-pinned", Token(access, refresh, "things"));

        refused.Status.Should().Be(400, refused.Body);
        refused.ErrorCode.Should().Be("provider_user_changed");
        (await UserOfAsync("alice-pinned")).Should().Be("alice");

        using HttpRequestMessage request = new(HttpMethod.Put, new Uri("/api/v1/connected_accounts", UriKind.Relative));
        request.Headers.Authorization = new("Bearer", stage.Server.ServiceToken);
        request.Headers.Add("behalf-allow-other-provider-user", "true");
        request.Content = JsonContent(
            new
            {
                connector = Stage.Connection,
                identifier = "alice-pinned",
                connected_account = new { authorization_details = Token(access, refresh, "things") },
            }
        );
        Reply allowed = await stage.Server.SendAsync(request);

        allowed.Status.Should().Be(200, allowed.Body);
        (await UserOfAsync("alice-pinned")).Should().Be("mallory");
    }

    [Fact]
    public async Task ProviderOutOfReach_DoesNotLiftAPin_AndLeavesANewAccountUnpinned()
    {
        await stage.ConnectAsync("alice-unsure");
        (string access, _) = stage.Provider.GrantElsewhere(stage.Client, "alice", "things");

        stage.Provider.AnswerNextApiRequest(OddReply.Json(500, "{}"));
        Reply pinned = await UpdateAsync("alice-unsure", Token(access, null, "things"));
        stage.Provider.AnswerNextApiRequest(OddReply.Json(500, "{}"));
        Reply fresh = await CreateAsync("alice-unknown", Token(access, null, "things"));

        pinned.Status.Should().Be(400, pinned.Body);
        pinned.ErrorCode.Should().Be("provider_user_changed");
        fresh.Status.Should().Be(200, fresh.Body);
        JsonElement[] trail = await stage.AuditAsync("identifier=alice-unknown&kind=admin");
        trail[^1].GetProperty("detail").GetString().Should().Contain("stays unknown");
    }

    [Fact]
    public async Task ScopesOfAnImport_DecideTheTools()
    {
        (string access, _) = stage.Provider.GrantElsewhere(stage.Client, "bob", "goals");

        Reply created = await CreateAsync("bob-goals", Token(access, null, "goals"));
        Reply refused = await stage.ExecuteAsync("bob-goals", "tracker_get_thing", new { thing = "1" });

        created.Status.Should().Be(200, created.Body);
        refused.ErrorCode.Should().Be("scope_missing", refused.Body);
    }

    [Theory]
    [InlineData("static_auth", """{"static_auth":{"details":{"api_key":"k"}}}""")]
    [InlineData("static_auth.details", """{"static_auth":{"details":{"api_key":5}}}""")]
    [InlineData("google_dwd", """{"google_dwd":{"subject":"alice@acme.com"}}""")]
    [InlineData("trusted_idp", """{"trusted_idp":{"db_user":"alice"}}""")]
    [InlineData("oauth_token.domain", """{"oauth_token":{"access_token":"t","domain":"acme"}}""")]
    [InlineData("oauth_token.access_token", """{"oauth_token":{"refresh_token":"t"}}""")]
    [InlineData("oauth_token.access_token", """{"oauth_token":{"access_token":"a b"}}""")]
    [InlineData("oauth_token.scopes", """{"oauth_token":{"access_token":"t","scopes":["a\"b"]}}""")]
    public async Task OtherCredentials_AreRefusedByName(string field, string details)
    {
        Reply refused = await CreateAsync("alice-other", JsonSerializer.Deserialize<JsonElement>(details));

        refused.Status.Should().Be(400, refused.Body);
        Violation(refused)
            .GetProperty("field")
            .GetString()
            .Should()
            .Be($"connected_account.authorization_details.{field}");
        int none = (
            await GrpcCall.SendAsync(
                stage.Server,
                $"{Service}GetConnectedAccountAuth",
                new GetConnectedAccountByIdentifierRequest { Connector = Stage.Connection, Identifier = "alice-other" },
                stage.Server.ServiceToken
            )
        ).Status;
        none.Should().Be(5, "what is refused creates nothing");
    }

    [Fact]
    public async Task UserSession_CannotBringTokens()
    {
        string session = (await stage.Server.SessionAsync("alice-own")).GetProperty("token").GetString()!;

        Reply refused = await CreateAsync("alice-own", Token("some-token"), session);

        refused.Status.Should().Be(403, refused.Body);
        refused.ErrorCode.Should().Be("service_credential_required");
    }

    [Fact]
    public async Task ApiConfig_IsReplacedWhole_AndTheCredentialStays()
    {
        string id = await stage.ConnectAsync("alice-config");

        Reply updated = await stage.Server.SendAsync(
            HttpMethod.Put,
            "/api/v1/connected_accounts",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(
                new { id, connected_account = new { api_config = new { site = "acme", pages = 3 } } }
            )
        );

        updated.Status.Should().Be(200, updated.Body);
        JsonElement config = updated.Json.GetProperty("connected_account").GetProperty("api_config");
        config.GetRawText().Replace(" ", string.Empty).Should().Be("""{"site":"acme","pages":3}""");
        (await UserOfAsync("alice-config")).Should().Be("alice");
    }

    private static StringContent JsonContent(object value) =>
        new(JsonSerializer.Serialize(value), new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
}
