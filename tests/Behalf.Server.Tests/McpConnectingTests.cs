using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

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
