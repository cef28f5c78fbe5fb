using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Connections;

namespace Behalf.Server.Tests;

/// <summary>Connections as the official SDKs make, read, change and switch them.</summary>
public sealed class ConnectionServiceTests(Stage stage) : IClassFixture<Stage>
{
    private const string Service = "/scalekit.v1.connections.ConnectionService/";

    private static int _count;

    private static string NewName() => $"tracker-{Interlocked.Increment(ref _count)}";

    private async Task<Connection> CreateAsync(string name)
    {
        GrpcReply created = await GrpcCall.SendAsync(
            stage.Server,
            $"{Service}CreateEnvironmentConnection",
            new CreateEnvironmentConnectionRequest
            {
                Connection = new CreateConnection { ProviderKey = "TRACKER", KeyId = name },
                Flags = new Flags { IsApp = true },
            },
            stage.Server.ServiceToken
        );
        created.Status.Should().Be(0, created.Details);
        return CreateConnectionResponse.Parser.ParseFrom(created.Message).Connection;
    }

    private Task<GrpcReply> UpdateAsync(string id, UpdateConnection change, string? token = null) =>
        GrpcCall.SendAsync(
            stage.Server,
            $"{Service}UpdateEnvironmentConnection",
            new UpdateEnvironmentConnectionRequest { ConnectionId = id, Connection = change },
            token ?? stage.Server.ServiceToken
        );

    private async Task<Connection> ReadAsync(string id)
    {
        GrpcReply read = await GrpcCall.SendAsync(
            stage.Server,
            $"{Service}GetEnvironmentConnection",
            new GetEnvironmentConnectionRequest { ConnectionId = id },
            stage.Server.ServiceToken
        );
        read.Status.Should().Be(0, read.Details);
        return GetConnectionResponse.Parser.ParseFrom(read.Message).Connection;
    }

    private Task<Reply> ToggleAsync(string id, string verb) =>
        stage.Server.SendAsync(HttpMethod.Patch, $"/api/v1/connections/{id}:{verb}", stage.Server.ServiceToken);

    private async Task<string> IdOfAsync(string name)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/behalf/connections/{name}",
            stage.Server.ServiceToken
        );
        return reply.Json.GetProperty("id").GetString()!;
    }

    private Task<string> LimitedTokenAsync(string connection) =>
        TestEnvironment.ClientTokenAsync(stage.Server, connections: [connection]);

    [Fact]
    public async Task CreatedConnection_IsADraft_UntilItsClientFollows()
    {
        string name = NewName();
        Connection draft = await CreateAsync(name);
        Reply noLink = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { connector = name, identifier = "alice" })
        );
        GrpcReply updated = await UpdateAsync(
            draft.Id,
            new UpdateConnection
            {
                OauthConfig = new OAuthConnectionConfig
                {
                    ClientId = "new-client",
                    ClientSecret = "new-client-secret",
                    Scopes = { "things", "goals" },
                },
            }
        );

        draft.Status.Should().Be(ConnectionStatus.Draft);
        draft.KeyId.Should().Be(name);
        draft.ProviderKey.Should().Be("tracker");
        noLink.ErrorCode.Should().Be("connection_without_client");
        updated.Status.Should().Be(0, updated.Details);
        Connection complete = await ReadAsync(draft.Id);
        complete.Status.Should().Be(ConnectionStatus.Completed);
        complete.OauthConfig.Scopes.Should().BeEquivalentTo("things", "goals");
        complete.OauthConfig.ClientSecret.Should().Be("********");
        complete.OauthConfig.AuthorizeUri.Should().Be("https://tracker.example/authorize");
    }

    [Fact]
    public async Task WhatWasRead_MayBeSentBack_AndTheSecretStays()
    {
        (_, string redirect) = await stage.AddConnectionAsync("tracker-back", "back-client", "back-secret-of-a-client");
        string id = await IdOfAsync("tracker-back");
        Connection read = await ReadAsync(id);

        GrpcReply updated = await UpdateAsync(
            id,
            new UpdateConnection
            {
                KeyId = read.KeyId,
                ProviderKey = read.ProviderKey,
                Type = read.Type,
                UiButtonTitle = read.UiButtonTitle,
                OauthConfig = read.OauthConfig,
            }
        );

        updated.Status.Should().Be(0, updated.Details);
        read.OauthConfig.RedirectUri.Should().Be(redirect);
        await stage.ConnectAsync("alice-back", "tracker-back");
    }

    [Fact]
    public async Task ScopesOfAConnection_ConcernTheNextConsentOnly()
    {
        await stage.AddConnectionAsync("tracker-scopes", "scopes-client", "scopes-secret-of-a-client");
        string id = await IdOfAsync("tracker-scopes");
        await stage.ConnectAsync("alice-scopes", "tracker-scopes");

        GrpcReply updated = await UpdateAsync(
            id,
            new UpdateConnection { OauthConfig = new OAuthConnectionConfig { Scopes = { "things", "goals" } } }
        );

        updated.Status.Should().Be(0, updated.Details);
        JsonElement account = await stage.AccountAsync("alice-scopes", "tracker-scopes");
        account
            .GetProperty("authorization_details")
            .GetProperty("oauth_token")
            .GetProperty("scopes")
            .EnumerateArray()
            .Select(scope => scope.GetString())
            .Should()
            .Equal("things");
    }

    [Fact]
    public async Task OriginAndClient_StayWhileTokensAreHeld()
    {
        await stage.AddConnectionAsync("tracker-held", "held-client", "held-secret-of-a-client");
        string id = await IdOfAsync("tracker-held");
        await stage.ConnectAsync("alice-held", "tracker-held");

        GrpcReply client = await UpdateAsync(
            id,
            new UpdateConnection { OauthConfig = new OAuthConnectionConfig { ClientId = "another-client" } }
        );
        Reply origin = await stage.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/connections/tracker-held",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { base_url = $"{stage.Provider.Origin}/other" })
        );
        GrpcReply secret = await UpdateAsync(
            id,
            new UpdateConnection
            {
                OauthConfig = new OAuthConnectionConfig { ClientSecret = "rotated-secret-of-a-client" },
            }
        );

        client.Error.ErrorCode.Should().Be("connection_holds_tokens");
        origin.Status.Should().Be(400, origin.Body);
        origin.ErrorCode.Should().Be("connection_holds_tokens");
        secret.Status.Should().Be(0, secret.Details);
    }

    [Fact]
    public async Task DisabledConnection_StartsNoCallAndMakesNoLink_UntilEnabled()
    {
        await stage.AddConnectionAsync("tracker-off", "off-client", "off-secret-of-a-client");
        string id = await IdOfAsync("tracker-off");
        await stage.ConnectAsync("alice-off", "tracker-off");
        string body = JsonSerializer.Serialize(
            new
            {
                tool_name = "tracker_off_get_thing",
                identifier = "alice-off",
                connector = "tracker-off",
                @params = new { thing = "1" },
            }
        );
        Task<Reply> ExecuteAsync() =>
            stage.Server.SendAsync(HttpMethod.Post, "/api/v1/execute_tool", stage.Server.ServiceToken, body);
        (await ExecuteAsync()).Status.Should().Be(200);
        int before = stage.CountApiRequests();

        Reply disabled = await ToggleAsync(id, "disable");
        Reply refused = await ExecuteAsync();
        Reply link = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { connector = "tracker-off", identifier = "alice-off" })
        );
        Reply enabled = await ToggleAsync(id, "enable");
        Reply works = await ExecuteAsync();

        disabled.Status.Should().Be(200, disabled.Body);
        disabled.Json.TryGetProperty("enabled", out JsonElement off).Should().BeTrue();
        off.GetBoolean().Should().BeFalse();
        refused.Status.Should().NotBe(200);
        link.ErrorCode.Should().Be("connection_disabled");
        enabled.Json.GetProperty("enabled").GetBoolean().Should().BeTrue();
        works.Status.Should().Be(200, works.Body);
        stage.CountApiRequests().Should().Be(before + 1);
    }

    [Theory]
    [InlineData("""{"oauth_config":{"use_platform_creds":true}}""", "connection.oauth_config.use_platform_creds")]
    [InlineData("""{"oauth_config":{"pkce_enabled":false}}""", "connection.oauth_config.pkce_enabled")]
    [InlineData("""{"oauth_config":{"prompt":"consent"}}""", "connection.oauth_config.prompt")]
    [InlineData(
        """{"oauth_config":{"token_uri":"https://tracker.example/elsewhere"}}""",
        "connection.oauth_config.token_uri"
    )]
    [InlineData("""{"provider_key":"ASANA"}""", "connection.provider_key")]
    [InlineData("""{"type":"SAML"}""", "connection.type")]
    [InlineData("""{"static_config":{}}""", "connection.static_config")]
    public async Task WhatCannotBeHad_IsRefusedByName(string change, string field)
    {
        Connection connection = await CreateAsync(NewName());

        Reply refused = await stage.Server.SendAsync(
            HttpMethod.Patch,
            $"/api/v1/connections/{connection.Id}",
            stage.Server.ServiceToken,
            change
        );

        refused.Status.Should().Be(400, refused.Body);
        refused
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")
            .EnumerateArray()
            .Select(violation => violation.GetProperty("field").GetString())
            .Should()
            .Contain(field);
    }

    [Theory]
    [InlineData("""{"provider_key":"TRACKER","type":"SAML"}""", 400)]
    [InlineData("""{"key_id":"no-provider"}""", 400)]
    [InlineData("""{"provider_key":"NOTHING"}""", 404)]
    [InlineData("""{"provider_key":"TRACKER","key_id":"tracker"}""", 409)]
    public async Task UnusableConnection_IsNotCreated(string connection, int status)
    {
        Reply refused = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connections",
            stage.Server.ServiceToken,
            connection
        );

        refused.Status.Should().Be(status, refused.Body);
    }

    [Fact]
    public async Task Rename_MovesTheName_UnlessItIsTakenOrBeyondTheLimits()
    {
        Connection connection = await CreateAsync(NewName());
        string name = NewName();
        string limited = await LimitedTokenAsync(connection.KeyId);

        GrpcReply taken = await UpdateAsync(connection.Id, new UpdateConnection { KeyId = Stage.Connection });
        GrpcReply beyond = await UpdateAsync(connection.Id, new UpdateConnection { KeyId = name }, limited);
        GrpcReply renamed = await UpdateAsync(connection.Id, new UpdateConnection { KeyId = name });

        taken.Status.Should().Be(6, taken.Details);
        beyond.Status.Should().Be(7, beyond.Details);
        renamed.Status.Should().Be(0, renamed.Details);
        (await IdOfAsync(name)).Should().Be(connection.Id);
    }

    [Fact]
    public async Task ConnectionBeyondACredentialsLimits_AnswersLikeAnUnknownOne()
    {
        Connection mine = await CreateAsync(NewName());
        Connection other = await CreateAsync(NewName());
        string limited = await LimitedTokenAsync(mine.KeyId);
        (string Method, string Path, string? Body)[] probes =
        [
            ("GET", "/api/v1/connections/«»", null),
            ("PATCH", "/api/v1/connections/«»", "{}"),
            ("PATCH", "/api/v1/connections/«»:enable", null),
            ("PATCH", "/api/v1/connections/«»:disable", null),
            ("DELETE", "/api/v1/connections/«»", null),
            ("GET", "/api/v1/connections/«»/contexts", null),
            ("PUT", "/api/v1/connections/«»/contexts", "{}"),
            ("GET", "/api/v1/connected_accounts:search?query=alice&connection_id=«»", null),
        ];
        foreach ((string method, string path, string? body) in probes)
        {
            foreach (string token in new[] { limited, stage.Server.ForeignToken })
            {
                Task<Reply> AskAsync(string id) =>
                    stage.Server.SendAsync(
                        new HttpMethod(method),
                        path.Replace("«»", id, StringComparison.Ordinal),
                        token,
                        body
                    );
                Reply beyond = await AskAsync(other.Id);
                Reply unknown = await AskAsync("conn_01m84njn2wf9k9rgwdw6p1gyw9");

                beyond.Status.Should().Be(404, $"{method} {path} {beyond.Body}");
                (beyond.Status, beyond.Body).Should().Be((unknown.Status, unknown.Body), $"{method} {path}");
            }
        }

        Reply list = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/connections/app", limited);
        list.Json.GetProperty("connections").GetArrayLength().Should().Be(1);
        list.Json.GetProperty("total_size").GetInt32().Should().Be(1);
        Reply behalf = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/connections", limited);
        behalf.Json.GetProperty("connections").GetArrayLength().Should().Be(1);
    }

    [Fact]
    public async Task Context_IsKeptForAllAndForOneOrganization_AndReplacedWhole()
    {
        Connection connection = await CreateAsync(NewName());
        string all = $"/api/v1/connections/{connection.Id}/contexts";
        string one = $"/api/v1/organizations/org_1/connections/{connection.Id}/contexts";
        string token = stage.Server.ServiceToken;
        Task<Reply> PutAsync(string path, string json) => stage.Server.SendAsync(HttpMethod.Put, path, token, json);
        async Task<string> GetAsync(string path) =>
            (await stage.Server.SendAsync(HttpMethod.Get, path, token))
                .Json.GetProperty("context")
                .GetRawText()
                .Replace(" ", string.Empty, StringComparison.Ordinal);

        string none = await GetAsync(all);
        Reply put = await PutAsync(all, """{"region":"eu","tries":3}""");
        await PutAsync(one, """{"region":"us"}""");
        string forAll = await GetAsync(all);
        string forOne = await GetAsync(one);
        await PutAsync(all, """{"region":"eu"}""");

        none.Should().Be("{}");
        put.Status.Should().Be(200, put.Body);
        forAll.Should().Be("""{"region":"eu","tries":3}""");
        forOne.Should().Be("""{"region":"us"}""");
        (await GetAsync(all)).Should().Be("""{"region":"eu"}""");
    }

    [Fact]
    public async Task Changes_AreRecorded_WithoutTheSecret()
    {
        Connection connection = await CreateAsync(NewName());
        await UpdateAsync(
            connection.Id,
            new UpdateConnection
            {
                OauthConfig = new OAuthConnectionConfig { ClientId = "seen", ClientSecret = "unseen-secret-value" },
            }
        );

        JsonElement[] trail = await stage.AuditAsync("kind=admin&newest=true&page_size=20");

        trail
            .Last(record => record.GetProperty("action").GetString() == "connection.changed")
            .GetProperty("detail")
            .GetString()
            .Should()
            .Be("client_id=seen client_secret");
    }
}
