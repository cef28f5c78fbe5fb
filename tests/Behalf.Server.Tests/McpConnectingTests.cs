using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>A missing account, asked for from inside the chat in the form that the client can handle.</summary>
public sealed class McpConnectingTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    private static readonly JsonObject ByUrl = new()
    {
        ["elicitation"] = new JsonObject { ["url"] = new JsonObject() },
    };

    private static int _count;

    [Fact]
    public async Task MissingAccount_IsAskedForByUrl_WhereTheClientCan_AndNeverWith32042OnTheNewWire()
    {
        Visitor alice = await DisconnectedAsync("alice-ask", New) with { Capabilities = ByUrl };
        JsonObject call = McpCalls.Call("tracker_get_thing", new { thing = "7" });

        JsonElement asked = (await alice.CallAsync("tools/call", call)).GetProperty("result");

        asked.GetProperty("resultType").GetString().Should().Be("input_required");
        JsonElement ask = asked.GetProperty("inputRequests").GetProperty("connect_tracker").GetProperty("params");
        ask.GetProperty("mode").GetString().Should().Be("url");
        ask.GetProperty("url").GetString().Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
        string state = asked.GetProperty("requestState").GetString()!;

        JsonElement declined = await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "decline"));
        McpCalls.Text(declined).Should().Contain("did not want to connect");

        JsonElement moved = await alice.CallAsync(
            "tools/call",
            McpCalls.Answered(McpCalls.Call("tracker_get_thing", new { thing = "8" }), state, "accept")
        );
        moved.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602, "the state is of another call");

        JsonElement early = await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "accept"));
        McpCalls.Text(early).Should().Contain("/magicLink/", "the page was opened, and the account is not there yet");

        await stage.ConnectAsync("alice-ask");
        JsonElement done = await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "accept"));
        done.GetProperty("result")
            .GetProperty("structuredContent")
            .GetProperty("user")
            .GetString()
            .Should()
            .NotBeNull();
    }

    [Theory]
    [InlineData(New, """{"elicitation":{}}""")]
    [InlineData(New, "{}")]
    [InlineData(Old, """{"elicitation":{"url":{}}}""")]
    public async Task MissingAccount_IsToldInWordsWithALink_WhereTheClientCannotBeAsked(string version, string declared)
    {
        Visitor alice = await DisconnectedAsync($"alice-words-{Interlocked.Increment(ref _count)}", version) with
        {
            Capabilities = JsonNode.Parse(declared)!.AsObject(),
        };

        JsonElement told = await alice.CallAsync("tools/call", McpCalls.Call("tracker_get_thing", new { thing = "7" }));

        told.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        McpCalls.Text(told).Should().Contain("/magicLink/").And.Contain("call the tool again");
    }

    [Fact]
    public async Task ConnectionsTool_SaysWhatIsConnected_AndGivesALink()
    {
        Visitor alice = await DisconnectedAsync("alice-connections", New);

        JsonElement listed = (await alice.ToolAsync("behalf_connections", new { })).GetProperty("result");
        JsonElement linked = (await alice.ToolAsync("behalf_connections", new { connect = "tracker" })).GetProperty(
            "result"
        );
        JsonElement unknown = await alice.ToolAsync("behalf_connections", new { connect = "other" });

        JsonElement connection = listed.GetProperty("structuredContent").GetProperty("connections")[0];
        connection.GetProperty("name").GetString().Should().Be("tracker");
        connection.GetProperty("status").GetString().Should().Be("PENDING_AUTH");
        linked.GetProperty("structuredContent").GetProperty("link").GetString().Should().Contain("/magicLink/");
        McpCalls.Text(unknown).Should().Contain("There are: tracker");
    }

    [Fact]
    public async Task ServerOfOneConnection_AsksForTheFirstAccount()
    {
        Visitor erin = new(
            stage.Server,
            new Uri($"{stage.Server.Server.Url}/mcp/v3/connections/tracker"),
            string.Empty,
            await stage.ConnectionTokenAsync("erin-first"),
            New
        );

        JsonElement told = await erin.ToolAsync("tracker_get_thing", new { thing = "7" });
        McpCalls.Text(told).Should().Contain("erin-first has no account connected").And.Contain("/magicLink/");
        await stage.ConnectAsync("erin-first");

        (await erin.ToolAsync("tracker_get_thing", new { thing = "7" }))
            .GetProperty("result")
            .TryGetProperty("structuredContent", out _)
            .Should()
            .BeTrue();
    }

    [Theory]
    [InlineData(New, """{"elicitation":{"url":{}}}""")]
    [InlineData(New, """{"elicitation":{"form":{}}}""")]
    [InlineData(New, "{}")]
    [InlineData(Old, """{"elicitation":{"url":{}}}""")]
    [InlineData(Old, """{"elicitation":{"form":{}}}""")]
    [InlineData(Old, "{}")]
    public async Task ExpiredAccount_IsAskedForInTheClientsForm(string version, string declared)
    {
        Visitor alice = await ExpiredAsync($"alice-expired-{Interlocked.Increment(ref _count)}", version, declared);

        JsonElement told = await alice.CallAsync("tools/call", McpCalls.Call("tracker_get_thing", new { thing = "7" }));

        bool opensPages = declared.Contains("url", StringComparison.Ordinal);
        JsonElement ask = (version, opensPages) switch
        {
            (New, true) => told.GetProperty("result")
                .GetProperty("inputRequests")
                .GetProperty("connect_tracker")
                .GetProperty("params"),
            (Old, true) => told.GetProperty("error").GetProperty("data").GetProperty("elicitations")[0],
            _ => default,
        };
        if (opensPages)
        {
            ask.GetProperty("mode").GetString().Should().Be("url");
            ask.GetProperty("url").GetString().Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
            (told.TryGetProperty("error", out JsonElement error) ? error.GetProperty("code").GetInt32() : 0)
                .Should()
                .Be(version == Old ? -32042 : 0);
        }
        else
        {
            told.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
            McpCalls.Text(told).Should().Contain("/magicLink/").And.Contain("call the tool again");
        }
    }

    [Fact]
    public async Task RequestState_IsOfOneUserServerToolAndTime()
    {
        Visitor alice = await DisconnectedAsync("alice-state", New) with { Capabilities = ByUrl };
        Visitor elsewhere = await DisconnectedAsync("alice-state", New) with { Capabilities = ByUrl };
        await stage.ConnectAsync("bob-state");
        Reply token = await stage.AskTokenAsync("bob-state", alice.Config, ("behalf-mcp-access-level", "FULL"));
        await stage.RevokeAsync("bob-state");
        Visitor bob = alice with { Token = token.Json.GetProperty("token").GetString() };
        JsonObject call = McpCalls.Call("tracker_get_thing", new { thing = "7" });
        JsonElement asked = (await alice.CallAsync("tools/call", call)).GetProperty("result");
        string state = asked.GetProperty("requestState").GetString()!;
        JsonObject other = McpCalls.Answered(call, state, "decline");
        other["name"] = "tracker_create_thing"; // the arguments as they were: whose account is missing is told before

        foreach ((Visitor visitor, JsonObject sent) in new[] { (bob, call), (elsewhere, call), (alice, other) })
        {
            JsonObject answer = sent == other ? other : McpCalls.Answered(sent, state, "decline");
            JsonElement refused = await visitor.CallAsync("tools/call", answer);
            refused.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602, refused.ToString());
        }

        McpCalls
            .Text(await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "decline")))
            .Should()
            .Contain("did not want to connect");
        stage.Server.Time.Advance(TimeSpan.FromMinutes(15));
        JsonElement late = await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "decline"));
        late.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602);
    }

    [Theory]
    [InlineData("FULL")]
    [InlineData("READ_ONLY")]
    public async Task ConnectionsTool_IsLimited(string access)
    {
        await using Stage own = new()
        {
            Services = services => services.PostConfigure<BehalfOptions>(options => options.Limits.Link.PerMinute = 2),
        };
        await own.InitializeAsync();
        Visitor alice = await own.VisitorAsync("alice-links", New, access: access);
        Visitor bob = await own.VisitorAsync("bob-links", New, access: access);
        int before = await CountLinksAsync(own, "alice-links");

        foreach (int _ in new[] { 1, 2 })
        {
            JsonElement given = await alice.ToolAsync("behalf_connections", new { connect = "tracker" });
            McpCalls.Text(given).Should().Contain("/magicLink/");
        }

        JsonElement over = await alice.ToolAsync("behalf_connections", new { connect = "tracker" });
        over.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        McpCalls
            .Text(over)
            .Should()
            .Contain("2 links for this user a minute")
            .And.MatchRegex("Try again in [0-9]+ sec");
        (await CountLinksAsync(own, "alice-links")).Should().Be(before + 2, "what is refused leaves nothing behind");
        await own.RevokeAsync("alice-links");
        JsonElement refused = await alice.ToolAsync("tracker_get_thing", new { thing = "7" });
        McpCalls.Text(refused).Should().NotContain("/magicLink/", "a refused call makes links as well");
        McpCalls
            .Text(await bob.ToolAsync("behalf_connections", new { connect = "tracker" }))
            .Should()
            .Contain("/magicLink/", "each user has a share");
        await own.LinkAsync("alice-links"); // an application is asked by its users
    }

    private static async Task<int> CountLinksAsync(Stage stage, string user) =>
        (await stage.AuditAsync($"kind=admin&identifier={user}")).Count(record =>
            record.GetProperty("action").GetString() == "link.created"
        );

    /// <summary>The access token is over, and the provider does not renew it.</summary>
    /// <param name="declared">The client's capabilities.</param>
    private async Task<Visitor> ExpiredAsync(string user, string version, string declared)
    {
        TimeSpan usual = stage.Client.AccessLifetime;
        stage.Client.AccessLifetime = TimeSpan.FromMinutes(2);
        Visitor visitor = await stage.VisitorAsync(user, version) with
        {
            Capabilities = JsonNode.Parse(declared)!.AsObject(),
        };
        stage.Client.AccessLifetime = usual;
        if (version == Old)
        {
            visitor = await visitor.InitializeAsync();
        }

        stage.Client.NextTokenReplies.Enqueue(OddReply.Error("invalid_grant"));
        stage.Server.Time.Advance(TimeSpan.FromMinutes(3));
        return visitor;
    }

    private async Task<Visitor> DisconnectedAsync(string user, string version)
    {
        Visitor visitor = await stage.VisitorAsync(user, version);
        Reply disconnected = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { connector = "tracker", identifier = user })
        );
        disconnected.Status.Should().Be(200, disconnected.Body);
        return visitor;
    }
}
