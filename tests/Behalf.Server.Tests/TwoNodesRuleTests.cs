using System.Net.Http.Headers;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestPostgreSql;

namespace Behalf.Server.Tests;

/// <summary>
/// What an operator changes at one node — a connection's policy, a credential's limits, a group's rule, a setting — holds
/// at the next request on the other one: nothing of it is remembered there.
/// </summary>
public sealed class TwoNodesRuleTests(TwoNodes nodes) : IClassFixture<TwoNodes>, IAsyncLifetime
{
    private const string Creating = "tracker_create_thing";
    private const string Getting = "tracker_get_thing";

    private Stage Stage => nodes.Stage;

    public ValueTask InitializeAsync()
    {
        PostgreSqlServer.Require();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task ConnectionsPolicy_HoldsOnTheOtherNode_AtTheNextCall()
    {
        await Stage.ConnectAsync("alice-policy");
        (await CreateAsync("alice-policy")).Status.Should().Be(200);
        int sent = Stage.CountApiRequests();

        await ChangeConnectionAsync(new { allowed_tools = new[] { "get_thing" } });
        (await CreateAsync("alice-policy")).ErrorCode.Should().Be("tool_not_allowed");
        Stage.CountApiRequests().Should().Be(sent, "nothing left the second node");
        (await GetAsync("alice-policy")).Status.Should().Be(200);

        await ChangeConnectionAsync(new { all_tools = true });
        (await CreateAsync("alice-policy")).Status.Should().Be(200);
        await ChangeConnectionAsync(new { enabled = false });
        (await GetAsync("alice-policy")).ErrorCode.Should().Be("connection_disabled");
        await ChangeConnectionAsync(new { enabled = true });
        (await GetAsync("alice-policy")).Status.Should().Be(200);
    }

    [Fact]
    public async Task ProxysMode_HoldsOnTheOtherNode_AtTheNextRequest()
    {
        await Stage.ConnectAsync("bob-policy");
        (await ProxyAsync(HttpMethod.Post, "bob-policy")).Status.Should().Be(200);
        int sent = Stage.CountApiRequests();

        await ChangeConnectionAsync(new { proxy = "read" });
        (await ProxyAsync(HttpMethod.Post, "bob-policy")).Status.Should().Be(403);
        (await ProxyAsync(HttpMethod.Get, "bob-policy")).Status.Should().Be(200);
        await ChangeConnectionAsync(new { proxy = "off" });
        (await ProxyAsync(HttpMethod.Get, "bob-policy")).Status.Should().Be(403);
        Stage.CountApiRequests().Should().Be(sent + 1);

        await ChangeConnectionAsync(new { proxy = "default" });
        (await ProxyAsync(HttpMethod.Post, "bob-policy")).Status.Should().Be(200);
    }

    [Fact]
    public async Task CredentialsLimits_HoldOnTheOtherNode_ForItsTokensAndSessions_AndSoDoesItsEnd()
    {
        await Stage.ConnectAsync("carol-policy");
        Reply added = await OperateAsync("POST", "/api/v1/behalf/clients", new { name = "Team agent" });
        string id = added.Json.GetProperty("client").GetProperty("client_id").GetString()!;
        string token = await Stage.Server.TokenAsync(id, added.Json.GetProperty("client_secret").GetString()!);
        Reply minted = await Stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            token,
            """{"identifier":"carol-policy"}"""
        );
        string session = minted.Json.GetProperty("token").GetString()!;
        Task<Reply> CallAsync(string by) => GetAsync("carol-policy", by);
        (await CallAsync(token)).Status.Should().Be(200);
        (await CallAsync(session)).Status.Should().Be(200);

        await OperateAsync("PATCH", $"/api/v1/behalf/clients/{id}", new { tools = new[] { Creating } });
        (await CallAsync(token)).ErrorCode.Should().Be("tool_not_allowed");
        (await CallAsync(session)).ErrorCode.Should().Be("tool_not_allowed");
        await OperateAsync("PATCH", $"/api/v1/behalf/clients/{id}", new { all_tools = true });
        (await CallAsync(session)).Status.Should().Be(200);

        await OperateAsync("DELETE", $"/api/v1/behalf/clients/{id}", body: null);
        (await CallAsync(token)).Status.Should().Be(401);
        (await CallAsync(session)).Status.Should().Be(401);
    }

    [Fact]
    public async Task EnvironmentsSetting_HoldsOnTheOtherNode_AtTheNextRequest()
    {
        await Stage.ConnectAsync("dave-policy");
        async Task<bool> IsReadBackAsync()
        {
            Reply reply = await nodes.SendToSecondAsync(
                HttpMethod.Get,
                $"/api/v1/connected_accounts/auth?connector={Stage.Connection}&identifier=dave-policy"
            );
            reply.Status.Should().Be(200, reply.Body);
            return Stage.Provider.Issued.Any(reply.Body.Contains);
        }

        (await IsReadBackAsync()).Should().BeFalse();
        await OperateAsync("PATCH", "/api/v1/behalf/environments/default", new { read_back = true });
        (await IsReadBackAsync()).Should().BeTrue();
        await OperateAsync("PATCH", "/api/v1/behalf/environments/default", new { read_back = false });
        (await IsReadBackAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task GroupRule_AndPersonsLeave_HoldOnTheOtherNode_AtTheNextRequest()
    {
        await Stage.ConnectAsync("henry");
        await OperateAsync(
            "POST",
            "/api/v1/behalf/people",
            new
            {
                name = "henry",
                password = PeopleStage.Password,
                groups = new[] { "readers" },
            }
        );
        Reply added = await OperateAsync(
            "POST",
            "/api/v1/behalf/mcp_clients",
            new { name = "Sample client", redirect_uris = new[] { "https://client.example/callback" } }
        );
        McpClientProgram client = new(
            Stage.Server,
            added.Json.GetProperty("client").GetProperty("client_id").GetString()!,
            "https://client.example/callback"
        );
        Person person = Stage.NewPerson("henry");
        await person.SignInAsync(new Uri(Stage.Server.Server.Url), "henry", PeopleStage.Password);
        Visitor henry = client.Visit(await client.TokensAsync(person));
        (await ToolsAsync(henry)).Should().Contain([Getting, Creating]);

        await RuleAsync("writers", []);
        (await ToolsAsync(henry)).Should().Equal("behalf_connections");
        await RuleAsync("readers", [Getting]);
        (await ToolsAsync(henry)).Should().Equal(Getting, "behalf_connections");
        (await CallAsync(henry, Creating, new { name = "x" })).Should().NotContain("structuredContent");
        (await CallAsync(henry, Getting, new { thing = "7" })).Should().Contain("structuredContent");
        await OperateAsync(
            "POST",
            "/api/v1/behalf/group_rules:remove",
            new { group = "readers", connection = Stage.Connection }
        );
        (await CallAsync(henry, Getting, new { thing = "8" })).Should().NotContain("structuredContent");

        await OperateAsync("PATCH", "/api/v1/behalf/people/henry", new { enabled = false });
        using HttpRequestMessage late = henry.Request("tools/list", []);
        (await nodes.SendToSecondAsync(late)).Status.Should().Be(401);
    }

    private Task<Reply> CreateAsync(string identifier) =>
        nodes.ExecuteOnSecondAsync(identifier, Creating, new { name = Guid.NewGuid() });

    private async Task<Reply> GetAsync(string identifier, string? token = null)
    {
        using HttpRequestMessage request = Json(
            "/api/v1/execute_tool",
            token,
            new
            {
                tool_name = Getting,
                identifier,
                @params = new { thing = Guid.NewGuid() },
            }
        );
        return await nodes.SendToSecondAsync(request);
    }

    private async Task<Reply> ProxyAsync(HttpMethod method, string identifier)
    {
        using HttpRequestMessage request = new(
            method,
            new Uri(method == HttpMethod.Get ? "/proxy/things/1" : "/proxy/things", UriKind.Relative)
        );
        request.Headers.Authorization = new("Bearer", Stage.Server.ServiceToken);
        request.Headers.Add("connection_name", Stage.Connection);
        request.Headers.Add("identifier", identifier);
        request.Content = method == HttpMethod.Get ? null : new StringContent("{}");
        return await nodes.SendToSecondAsync(request);
    }

    private async Task<string?[]> ToolsAsync(Visitor visitor)
    {
        using HttpRequestMessage request = visitor.Request("tools/list", []);
        JsonElement message = Visitor.MessageOf(await nodes.SendToSecondAsync(request));
        return
        [
            .. message
                .GetProperty("result")
                .GetProperty("tools")
                .EnumerateArray()
                .Select(tool => tool.GetProperty("name").GetString()),
        ];
    }

    private async Task<string> CallAsync(Visitor visitor, string tool, object arguments)
    {
        using HttpRequestMessage request = visitor.Request("tools/call", McpCalls.Call(tool, arguments));
        return Visitor.MessageOf(await nodes.SendToSecondAsync(request)).GetRawText();
    }

    private Task RuleAsync(string group, string[] tools) =>
        OperateAsync(
            "PUT",
            "/api/v1/behalf/group_rules",
            new
            {
                group,
                connection = Stage.Connection,
                tools,
            }
        );

    private Task ChangeConnectionAsync(object changes) =>
        OperateAsync("PATCH", $"/api/v1/behalf/connections/{Stage.Connection}", changes);

    /// <summary>At the first node.</summary>
    private async Task<Reply> OperateAsync(string method, string path, object? body)
    {
        Reply reply = await Stage.Server.SendAsync(
            new HttpMethod(method),
            path,
            Stage.Server.OperatorToken,
            body is null ? null : JsonSerializer.Serialize(body)
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply;
    }

    private HttpRequestMessage Json(string path, string? token, object body)
    {
        HttpRequestMessage request = new(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new StringContent(JsonSerializer.Serialize(body), new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Authorization = new("Bearer", token ?? Stage.Server.ServiceToken);
        return request;
    }
}
