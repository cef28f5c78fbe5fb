using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Mcp;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Behalf.Server.Tests;

/// <summary>Virtual MCP servers: what may be configured, who is connected, and what a session token says.</summary>
public sealed class McpServiceTests(Stage stage) : IClassFixture<Stage>
{
    [Fact]
    public async Task Config_IsCreatedReadChangedAndDeleted()
    {
        JsonElement config = await CreateAsync("whole", """["tracker_get_thing"]""");
        string id = config.GetProperty("id").GetString()!;
        string url = config.GetProperty("mcp_server_url").GetString()!;
        url.Should().MatchRegex($"^{stage.Server.Server.Url}/mcp/v3/servers/[0-9a-f-]{{36}}$");
        config.GetProperty("connection_tool_mappings")[0].GetProperty("provider").GetString().Should().Be("tracker");

        (await GetAsync($"configs/{id}")).Json.GetProperty("config").ToString().Should().Be(config.ToString());
        Reply changed = await SendAsync(
            HttpMethod.Put,
            $"configs/{id}",
            """{"description":"All of it","connection_tool_mappings":[{"connection_name":"tracker"}]}"""
        );
        changed.Status.Should().Be(200, changed.Body);
        JsonElement now = changed.Json.GetProperty("config");
        now.GetProperty("description").GetString().Should().Be("All of it");
        now.GetProperty("connection_tool_mappings")[0].GetProperty("tools").GetArrayLength().Should().Be(0);
        now.GetProperty("mcp_server_url").GetString().Should().Be(url);

        (await SendAsync(HttpMethod.Delete, $"configs/{id}")).Status.Should().Be(200);
        (await GetAsync($"configs/{id}")).Status.Should().Be(404);
        (await TokenAsync(id, "alice-whole")).Status.Should().Be(404);
    }

    [Theory]
    [InlineData("Upper", """[{"connection_name":"tracker"}]""", "config.name")]
    [InlineData("", """[{"connection_name":"tracker"}]""", "config.name")]
    [InlineData("none", "[]", "connection_tool_mappings")]
    [InlineData("unknown", """[{"connection_name":"nothing"}]""", "connection_tool_mappings[0].connection_name")]
    [InlineData("unnamed", """[{"tools":["tracker_get_thing"]}]""", "connection_tool_mappings[0].connection_name")]
    [InlineData(
        "twice",
        """[{"connection_name":"tracker"},{"connection_name":"tracker"}]""",
        "connection_tool_mappings[1].connection_name"
    )]
    [InlineData(
        "no-such-tool",
        """[{"connection_name":"tracker","tools":["tracker_get_thing","tracker_fly"]}]""",
        "connection_tool_mappings[0].tools"
    )]
    public async Task Config_IsHeldToItsRules(string name, string mappings, string field)
    {
        Reply reply = await SendAsync(
            HttpMethod.Post,
            "configs",
            $$"""{"name":"{{name}}","connection_tool_mappings":{{mappings}}}"""
        );

        reply.Status.Should().Be(400, reply.Body);
        FieldOf(reply).Should().Be(field);
    }

    [Fact]
    public async Task Config_HasAtMost25Mappings_AndItsNameOnce()
    {
        string many = string.Join(',', Enumerable.Repeat("""{"connection_name":"tracker"}""", 26));
        Reply refused = await SendAsync(
            HttpMethod.Post,
            "configs",
            $$"""{"name":"many","connection_tool_mappings":[{{many}}]}"""
        );
        refused.Status.Should().Be(400);
        FieldOf(refused).Should().Be("connection_tool_mappings");

        await CreateAsync("taken");
        (
            await SendAsync(
                HttpMethod.Post,
                "configs",
                """{"name":"taken","connection_tool_mappings":[{"connection_name":"tracker"}]}"""
            )
        )
            .Status.Should()
            .Be(409);
    }

    [Fact]
    public async Task Configs_ArePagedAndFiltered()
    {
        foreach (int i in Enumerable.Range(0, 3))
        {
            await CreateAsync($"paged-{i}");
        }

        Reply first = await GetAsync("configs?search=paged-&page_size=2");
        first.Json.GetProperty("configs").GetArrayLength().Should().Be(2);
        first.Json.GetProperty("total_size").GetInt32().Should().Be(3);
        string token = first.Json.GetProperty("next_page_token").GetString()!;
        Reply second = await GetAsync($"configs?search=paged-&page_size=2&page_token={token}");
        string last = second.Json.GetProperty("configs")[0].GetProperty("name").GetString()!;
        first
            .Json.GetProperty("configs")
            .EnumerateArray()
            .Select(config => config.GetProperty("name").GetString())
            .Append(last)
            .Should()
            .BeEquivalentTo("paged-0", "paged-1", "paged-2");
        (await GetAsync($"configs?search=other&page_token={token}")).Status.Should().Be(400);
        (await GetAsync("configs?page_size=31")).Status.Should().Be(400);

        string url = second.Json.GetProperty("configs")[0].GetProperty("mcp_server_url").GetString()!;
        (await NamesAsync($"configs?filter.mcp_server_url={Uri.EscapeDataString(url)}")).Should().Equal(last);
        (await NamesAsync("configs?filter.name=paged-1&filter.provider=TRACKER")).Should().Equal("paged-1");
        (await NamesAsync("configs?filter.name=paged-1&filter.provider=other")).Should().BeEmpty();
        (await NamesAsync("configs?filter.id=mcp_nothing")).Should().BeEmpty();
    }

    [Fact]
    public async Task SessionToken_IsForOneServerUserAndTime()
    {
        string account = await stage.ConnectAsync("alice-token");
        JsonElement config = await CreateAsync("for-token");
        string id = config.GetProperty("id").GetString()!;

        Reply reply = await TokenAsync(id, "alice-token", "600s");

        reply.Status.Should().Be(200, reply.Body);
        reply.Headers["Cache-Control"].Should().Contain("no-store");
        JsonWebToken token = new(reply.Json.GetProperty("token").GetString());
        token.Alg.Should().Be("RS256");
        token.Typ.Should().Be("mcp-session+jwt");
        token.Subject.Should().Be("alice-token");
        token.Audiences.Should().Equal(config.GetProperty("mcp_server_url").GetString());
        token.GetClaim("mcp_cfg").Value.Should().Be(id);
        token.Claims.Where(claim => claim.Type == "ca_ids").Select(claim => claim.Value).Should().Equal(account);
        token.GetClaim("access_level").Value.Should().Be("FULL");
        token.ValidTo.Should().Be(stage.Server.Time.GetUtcNow().UtcDateTime.AddMinutes(10));
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/tools", token.EncodedToken))
            .Status.Should()
            .Be(401, "it is no token of the API");
        JsonElement[] trail = await stage.AuditAsync("kind=admin&identifier=alice-token");
        trail.Should().Contain(r => r.GetProperty("action").GetString() == "mcp_token.created");

        JsonWebToken usual = new((await TokenAsync(id, "alice-token")).Json.GetProperty("token").GetString());
        usual.ValidTo.Should().Be(stage.Server.Time.GetUtcNow().UtcDateTime.AddHours(1));
    }

    [Theory]
    [InlineData("59s", 400)]
    [InlineData("60s", 200)]
    [InlineData("86400s", 200)]
    [InlineData("86401s", 400)]
    [InlineData("86400.5s", 400)]
    [InlineData("-60s", 400)]
    public async Task SessionToken_LivesFromAMinuteToADay(string expiry, int status)
    {
        await stage.ConnectAsync($"bob{expiry}");
        string id = (await CreateAsync($"expiry{expiry.Replace('.', '_')}")).GetProperty("id").GetString()!;

        (await TokenAsync(id, $"bob{expiry}", expiry)).Status.Should().Be(status);
    }

    [Fact]
    public async Task SessionToken_IsRefused_WithoutAnActiveAccountAtEachConnection()
    {
        await stage.ConnectAsync("carol-token");
        await stage.AddConnectionAsync("mcp second", "mcp-client", "mcp-provider-secret");
        JsonElement config = await CreateAsync("two", "[]", """,{"connection_name":"mcp second"}""");
        string id = config.GetProperty("id").GetString()!;

        Reply refused = await TokenAsync(id, "carol-token");
        refused.Status.Should().Be(400);
        refused.ErrorCode.Should().Be("account_not_active");
        refused.Body.Should().Contain("mcp second");

        await stage.ConnectAsync("carol-token", "mcp second");
        (await TokenAsync(id, "carol-token")).Status.Should().Be(200);
    }

    [Fact]
    public async Task ReadOnlyToken_SaysSo_AndAnUnknownFieldIsRefused()
    {
        await stage.ConnectAsync("dave-token");
        string id = (await CreateAsync("read-only")).GetProperty("id").GetString()!;
        JsonWebToken token = new(
            (await TokenAsync(id, "dave-token", access: "READ_ONLY")).Json.GetProperty("token").GetString()
        );
        token.GetClaim("access_level").Value.Should().Be("READ_ONLY");
        (await TokenAsync(id, "dave-token", access: "SOME")).Status.Should().Be(400);

        byte[] known = new CreateMcpSessionTokenRequest
        {
            McpConfigId = id,
            Identifier = "dave-token",
            Expiry = Duration.FromTimeSpan(TimeSpan.FromHours(2)),
        }.ToByteArray();
        (await CallAsync("CreateMcpSessionToken", known)).Status.Should().Be(0);
        GrpcReply unknown = await CallAsync("CreateMcpSessionToken", [.. known, 0x28, 0x01]);

        unknown.Status.Should().Be(3, "it could be a later SDK's wish for less than full access");
        unknown.Error.ErrorCode.Should().Be("unknown_field");
    }

    [Fact]
    public async Task ConnectedAccounts_TellStateAndWhereToConnect()
    {
        string id = (await CreateAsync("states")).GetProperty("id").GetString()!;
        JsonElement before = await StateAsync(id, "erin-states");
        before.TryGetProperty("connected_account_id", out _).Should().BeFalse();
        before.GetProperty("authentication_link").GetString().Should().Contain("/magicLink/");

        string account = await stage.ConnectAsync("erin-states");
        JsonElement after = await StateAsync(id, "erin-states");
        after.GetProperty("connected_account_id").GetString().Should().Be(account);
        after.GetProperty("connected_account_status").GetString().Should().Be("ACTIVE");
        after.GetProperty("authentication_link").GetString().Should().BeEmpty();
    }

    [Fact]
    public async Task Instance_IsEnsuredOnce_AndTellsItsUsersState()
    {
        await CreateAsync("instances");
        await CreateAsync("instances-two");
        const string Body = """{"config_name":"instances","user_identifier":"alice-instance"}""";
        JsonElement first = (await SendAsync(HttpMethod.Post, "instances", Body)).Json.GetProperty("instance");
        JsonElement again = (await SendAsync(HttpMethod.Post, "instances", Body)).Json.GetProperty("instance");
        string id = first.GetProperty("id").GetString()!;
        again.GetProperty("id").GetString().Should().Be(id);
        first.GetProperty("url").GetString().Should().Contain("/mcp/v2/servers/");

        string account = await stage.ConnectAsync("alice-instance");
        JsonElement read = (await GetAsync($"instances/{id}")).Json.GetProperty("instance");
        JsonElement mapping = read.GetProperty("config").GetProperty("connection_tool_mappings")[0];
        mapping.GetProperty("connected_account_id").GetString().Should().Be(account);
        mapping.GetProperty("connected_account_status").GetString().Should().Be("ACTIVE");
        Reply state = await SendAsync(HttpMethod.Post, $"instances/{id}:get_auth_state?include_auth_links=true");
        state.Status.Should().Be(200, state.Body);
        state
            .Json.GetProperty("connections")[0]
            .GetProperty("connected_account_status")
            .GetString()
            .Should()
            .Be("ACTIVE");

        Reply moved = await SendAsync(
            HttpMethod.Patch,
            $"instances/{id}",
            """{"name":"moved","config_name":"instances-two"}"""
        );
        moved.Json.GetProperty("instance").GetProperty("name").GetString().Should().Be("moved");
        Reply listed = await GetAsync(
            "instances?filter.user_identifier=alice-instance&filter.config_name=instances-two"
        );
        listed.Json.GetProperty("instances").EnumerateArray().Should().ContainSingle();
        (await SendAsync(HttpMethod.Delete, $"instances/{id}")).Status.Should().Be(200);
        (await SendAsync(HttpMethod.Delete, $"instances/{id}")).Status.Should().Be(404);
        (await SendAsync(HttpMethod.Post, "instances", """{"config_name":"nothing","user_identifier":"alice"}"""))
            .Status.Should()
            .Be(404);
    }

    [Fact]
    public async Task ServerOfOneUser_IsApartFromConfigs()
    {
        Reply created = await SendAsync(
            HttpMethod.Post,
            "",
            """
            {"connected_account_identifier":"bob-server",
            "tool_mappings":[{"connection_name":"tracker","tool_names":["tracker_get_thing"]}]}
            """
        );
        created.Status.Should().Be(200, created.Body);
        JsonElement server = created.Json.GetProperty("mcp");
        string id = server.GetProperty("id").GetString()!;
        server.GetProperty("url").GetString().Should().Contain("/mcp/v1/servers/");

        (await GetAsync($"{id}")).Json.GetProperty("mcp").GetProperty("id").GetString().Should().Be(id);
        (await GetAsync($"configs/{id}")).Status.Should().Be(404);
        (await GetAsync("?filter.connected_account_identifier=bob-server"))
            .Json.GetProperty("mcps")
            .EnumerateArray()
            .Should()
            .ContainSingle();
        (await GetAsync("?filter.connected_account_identifier=carol-server"))
            .Json.GetProperty("mcps")
            .EnumerateArray()
            .Should()
            .BeEmpty();
        (await SendAsync(HttpMethod.Delete, id)).Status.Should().Be(200);
        (await GetAsync($"{id}")).Status.Should().Be(404);
    }

    [Fact]
    public async Task OtherCredentials_CannotManageOrSeeServers()
    {
        string id = (await CreateAsync("not-theirs")).GetProperty("id").GetString()!;
        string user = (await stage.Server.SessionAsync("erin-mcp")).GetProperty("token").GetString()!;

        (await GetAsync($"configs/{id}", user)).Status.Should().Be(403);
        (await GetAsync($"configs/{id}", stage.Server.ForeignToken)).Status.Should().Be(404);
        (await GetAsync("configs", stage.Server.ForeignToken)).Json.GetProperty("total_size").GetInt32().Should().Be(0);
        (await TokenAsync(id, "erin-mcp", token: stage.Server.ForeignToken)).Status.Should().Be(404);
        (await SendAsync(HttpMethod.Delete, $"configs/{id}", null, stage.Server.ForeignToken)).Status.Should().Be(404);
    }

    private static string FieldOf(Reply reply) =>
        reply
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")[0]
            .GetProperty("field")
            .GetString()!;

    private Task<Reply> SendAsync(HttpMethod method, string path, string? json = null, string? token = null) =>
        stage.Server.SendAsync(
            method,
            path.Length == 0 || path[0] == '?' ? $"/api/v1/mcp{path}" : $"/api/v1/mcp/{path}",
            token ?? stage.Server.ServiceToken,
            json
        );

    private Task<Reply> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, null, token);

    private async Task<JsonElement> CreateAsync(string name, string tools = "[]", string further = "")
    {
        Reply reply = await SendAsync(
            HttpMethod.Post,
            "configs",
            $$"""
            {"name":"{{name}}","connection_tool_mappings":[{"connection_name":"tracker","tools":{{tools}}}{{further}}]}
            """
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("config");
    }

    private async Task<Reply> TokenAsync(
        string config,
        string identifier,
        string? expiry = null,
        string? access = null,
        string? token = null
    )
    {
        JsonObject body = new() { ["identifier"] = identifier };
        if (expiry is not null)
        {
            body["expiry"] = expiry;
        }

        using HttpRequestMessage request = new(
            HttpMethod.Post,
            new Uri($"/api/v1/mcp/configs/{config}/tokens", UriKind.Relative)
        );
        request.Headers.Authorization = new("Bearer", token ?? stage.Server.ServiceToken);
        if (access is not null)
        {
            request.Headers.Add("behalf-mcp-access-level", access);
        }

        request.Content = new StringContent(
            body.ToJsonString(),
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")
        );
        return await stage.Server.SendAsync(request);
    }

    private async Task<JsonElement> StateAsync(string config, string identifier)
    {
        Reply reply = await SendAsync(
            HttpMethod.Post,
            $"configs/{config}/connected_accounts",
            JsonSerializer.Serialize(new { identifier, include_auth_link = true })
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("connected_accounts")[0];
    }

    private Task<GrpcReply> CallAsync(string method, byte[] message) =>
        GrpcCall.SendAsync(stage.Server, $"/scalekit.v1.mcp.McpService/{method}", message, stage.Server.ServiceToken);

    private async Task<IEnumerable<string?>> NamesAsync(string path)
    {
        Reply reply = await GetAsync(path);
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("configs").EnumerateArray().Select(c => c.GetProperty("name").GetString());
    }
}
