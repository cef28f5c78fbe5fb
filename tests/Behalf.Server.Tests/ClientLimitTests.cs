using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>A service credential limited to connections and tools: what lies beyond does not exist for it.</summary>
public sealed class ClientLimitTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private const string Other = "tracker-limits";

    private static bool _isAdded;

    private string _token = null!;

    public async ValueTask InitializeAsync()
    {
        if (!_isAdded)
        {
            await stage.AddConnectionAsync(Other, "limits-client", "limits-secret-of-a-client");
            _isAdded = true;
        }

        _token = await TestEnvironment.ClientTokenAsync(
            stage.Server,
            connections: [Stage.Connection],
            tools: ["tracker_get_thing"]
        );
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<Reply> AskAsync(string method, string path, object? body = null) =>
        stage.Server.SendAsync(
            new HttpMethod(method),
            path,
            _token,
            body is null ? null : JsonSerializer.Serialize(body)
        );

    [Fact]
    public async Task Tools_AreThoseOfItsLimits_ToListAndToExecute()
    {
        await stage.ConnectAsync("alice-limits");
        await stage.ConnectAsync("alice-limits", Other);

        Reply scoped = await AskAsync("GET", "/api/v1/tools/scoped?identifier=alice-limits&page_size=100");
        Reply allowed = await stage.ExecuteAsync("alice-limits", "tracker_get_thing", new { thing = "1" }, _token);
        Reply otherTool = await stage.ExecuteAsync("alice-limits", "tracker_create_thing", new { name = "x" }, _token);
        Reply otherConnection = await stage.ExecuteAsync(
            "alice-limits",
            "tracker_limits_get_thing",
            new { thing = "1" },
            _token
        );

        scoped
            .Json.GetProperty("tools")
            .EnumerateArray()
            .Select(tool => tool.GetProperty("tool").GetProperty("definition").GetProperty("name").GetString())
            .Should()
            .Equal("tracker_get_thing");
        allowed.Status.Should().Be(200, allowed.Body);
        otherTool.Status.Should().BeOneOf([403, 404], otherTool.Body);
        otherConnection.Status.Should().BeOneOf([400, 403, 404], otherConnection.Body);
    }

    [Fact]
    public async Task AccountsBeyondItsConnections_AreNotThere()
    {
        string mine = await stage.ConnectAsync("bob-limits");
        string beyond = await stage.ConnectAsync("bob-limits", Other);

        Reply list = await AskAsync("GET", "/api/v1/connected_accounts?identifier=bob-limits");
        Reply named = await AskAsync("GET", $"/api/v1/connected_accounts?identifier=bob-limits&connector={Other}");
        Reply[] refused =
        [
            await AskAsync("GET", $"/api/v1/connected_accounts/{beyond}"),
            await AskAsync("GET", $"/api/v1/connected_accounts/auth?id={beyond}"),
            await AskAsync("PUT", "/api/v1/connected_accounts", new { id = beyond, connected_account = new { } }),
            await AskAsync("POST", $"/api/v1/connected_accounts/{beyond}:disconnect", new { }),
            await AskAsync("POST", "/api/v1/connected_accounts:delete", new { id = beyond }),
            await AskAsync(
                "POST",
                "/api/v1/connected_accounts/magic_link",
                new { connector = Other, identifier = "bob-limits" }
            ),
            await AskAsync(
                "POST",
                "/api/v1/connected_accounts",
                new
                {
                    connector = Other,
                    identifier = "carol-limits",
                    connected_account = new
                    {
                        authorization_details = new { oauth_token = new { access_token = "t" } },
                    },
                }
            ),
        ];

        list.Json.GetProperty("connected_accounts")
            .EnumerateArray()
            .Select(account => account.GetProperty("id").GetString())
            .Should()
            .Equal(mine);
        named.Json.GetProperty("connected_accounts").GetArrayLength().Should().Be(0);
        refused.Should().OnlyContain(reply => reply.Status == 404);
        (await stage.AccountAsync("bob-limits", Other)).GetProperty("status").GetString().Should().Be("ACTIVE");
    }

    [Fact]
    public async Task ChangedLimits_HoldAtTheNextCall_ForTokensAndSessionsThatLiveOn()
    {
        await stage.ConnectAsync("carol-limits");
        Reply added = await OperateAsync("POST", "", new { name = "Before" });
        string id = added.Json.GetProperty("client").GetProperty("client_id").GetString()!;
        string token = await stage.Server.TokenAsync(id, added.Json.GetProperty("client_secret").GetString()!);
        Reply minted = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            token,
            """{"identifier":"carol-limits"}"""
        );
        string session = minted.Json.GetProperty("token").GetString()!;
        Task<Reply> CallAsync(string by) =>
            stage.ExecuteAsync("carol-limits", "tracker_get_thing", new { thing = Guid.NewGuid().ToString() }, by);
        (await CallAsync(token)).Status.Should().Be(200);
        (await CallAsync(session)).Status.Should().Be(200);

        Reply narrowed = await OperateAsync(
            "PATCH",
            $"/{id}",
            new { name = "After", tools = new[] { "tracker_create_thing" } }
        );

        narrowed.Status.Should().Be(200, narrowed.Body);
        narrowed.Json.GetProperty("name").GetString().Should().Be("After");
        (await CallAsync(token)).ErrorCode.Should().Be("tool_not_allowed");
        (await CallAsync(session)).ErrorCode.Should().Be("tool_not_allowed");
        (await OperateAsync("PATCH", $"/{id}", new { all_tools = true, connections = new[] { Stage.Connection } }))
            .Status.Should()
            .Be(200);
        (await CallAsync(token)).Status.Should().Be(200);
        (await CallAsync(session)).Status.Should().Be(200);
        JsonElement[] trail = await stage.AuditAsync("kind=admin&newest=true&page_size=100");
        trail
            .Where(record => record.GetProperty("action").GetString() == "client.changed")
            .Select(record => record.GetProperty("detail").GetString())
            .Should()
            .Equal(
                $"{id} \"After\" connections=all tools=tracker_create_thing",
                $"{id} \"After\" connections={Stage.Connection} tools=all"
            );
    }

    [Fact]
    public async Task Client_IsChangedByTheOperatorOnly_AndOnlyWhereItIs()
    {
        string mine = stage.Server.ServiceClient.Id;

        Reply byItself = await stage.Server.SendAsync(
            HttpMethod.Patch,
            $"/api/v1/behalf/clients/{mine}",
            stage.Server.ServiceToken,
            """{"all_tools":true}"""
        );
        Reply elsewhere = await OperateAsync("PATCH", $"/{mine}", new { environment = "other", all_tools = true });
        Reply empty = await OperateAsync("PATCH", $"/{mine}", new { name = "" });

        byItself.Status.Should().Be(403, byItself.Body);
        elsewhere.Status.Should().Be(404, elsewhere.Body);
        empty.Status.Should().Be(400, empty.Body);
    }

    private Task<Reply> OperateAsync(string method, string path, object body) =>
        stage.Server.SendAsync(
            new HttpMethod(method),
            $"/api/v1/behalf/clients{path}",
            stage.Server.OperatorToken,
            JsonSerializer.Serialize(body)
        );

    [Fact]
    public async Task Secrets_AreTwoAfterARotation_AndBothWork()
    {
        Reply added = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/clients",
            stage.Server.OperatorToken,
            """{"name":"Rotated"}"""
        );
        string id = added.Json.GetProperty("client").GetProperty("client_id").GetString()!;
        string first = added.Json.GetProperty("client_secret").GetString()!;

        Reply rotated = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/behalf/clients/{id}:rotate",
            stage.Server.OperatorToken,
            "{}"
        );
        string second = rotated.Json.GetProperty("client_secret").GetString()!;

        rotated.Json.GetProperty("client").GetProperty("live_secrets").GetInt32().Should().Be(2);
        (await stage.Server.TokenAsync(id, first)).Should().NotBeEmpty();
        string token = await stage.Server.TokenAsync(id, second);
        Reply removed = await stage.Server.SendAsync(
            HttpMethod.Delete,
            $"/api/v1/behalf/clients/{id}",
            stage.Server.OperatorToken
        );
        removed.Status.Should().Be(200, removed.Body);
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/connected_accounts", token)).Status.Should().Be(401);
        using HttpResponseMessage gone = await stage.Server.RequestTokenAsync(id, second);
        ((int)gone.StatusCode).Should().Be(401);
    }
}
