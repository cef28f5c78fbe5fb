using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Who is let in at a virtual MCP server: the token for exactly this URL, and while what it stands for lives.</summary>
public sealed class McpTokenTests(Stage stage) : IClassFixture<Stage>
{
    private const string New = "2026-07-28";

    [Fact]
    public async Task ReadOnlyToken_SeesReadersOnly_AndIsAskedForMoreWhenItCallsAWriter()
    {
        Visitor alice = await stage.VisitorAsync("alice-reader", New, "[]", "READ_ONLY");

        JsonElement tools = (await alice.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
        tools.EnumerateArray().Should().OnlyContain(tool => IsReader(tool));
        int sent = stage.CountApiRequests();
        Reply refused = await alice.SendAsync("tools/call", McpCalls.Call("tracker_create_thing", new { name = "x" }));

        refused.Status.Should().Be(403, refused.Body);
        refused.Headers["WWW-Authenticate"].Should().Contain("error=\"insufficient_scope\"").And.Contain("tools:write");
        refused.Body.Should().Contain("tracker_create_thing changes things");
        refused
            .Headers["WWW-Authenticate"]
            .Should()
            .Contain($"resource_metadata=\"{stage.Server.Server.Url}/.well-known");
        (await stage.AuditAsync("kind=denial&identifier=alice-reader")).Should().ContainSingle();
        stage.CountApiRequests().Should().Be(sent);
    }

    [Fact]
    public async Task WithoutAToken_TheAnswerSaysWhereTheMetadataIs_AndItIsThere()
    {
        Visitor alice = await stage.VisitorAsync("alice-none", New);

        Reply refused = await (alice with { Token = null }).SendAsync("tools/list", []);

        refused.Status.Should().Be(401);
        string challenge = refused.Headers["WWW-Authenticate"];
        string metadata = challenge.Split("resource_metadata=\"")[1].Split('"')[0];
        challenge.Should().Contain("scope=\"tools:read\"");
        Reply document = await stage.Server.SendAsync(HttpMethod.Get, new Uri(metadata).AbsolutePath, null);
        document.Status.Should().Be(200);
        document.Json.GetProperty("resource").GetString().Should().Be(alice.Url.AbsoluteUri);
        Reply other = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/.well-known/oauth-protected-resource/mcp/v3/servers/{Guid.NewGuid()}",
            null
        );
        other.Status.Should().Be(200, "what is not there answers like what is");
    }

    [Fact]
    public async Task Tokens_AreGoodAtTheirOwnServerOnly()
    {
        Visitor alice = await stage.VisitorAsync("alice-own", New);
        Visitor bob = await stage.VisitorAsync("bob-own", New);

        foreach (
            string? token in new[]
            {
                bob.Token,
                stage.Server.ServiceToken,
                stage.Server.OperatorToken,
                stage.Server.ForeignToken,
                (await stage.Server.SessionAsync("alice-own")).GetProperty("token").GetString(),
                $"{alice.Token}x",
                alice.Token![..alice.Token!.LastIndexOf('.')] + ".",
            }
        )
        {
            Reply refused = await (alice with { Token = token }).SendAsync("tools/list", []);
            refused.Status.Should().Be(401);
            refused.Headers["WWW-Authenticate"].Should().Contain("error=\"invalid_token\"");
        }

        Reply query = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"{alice.Url.AbsolutePath}?access_token={alice.Token}",
            null,
            "{}"
        );
        query.Status.Should().Be(401, "a token in the query is none");
    }

    [Fact]
    public async Task SignOutEverywhere_EndsTheTokenAtTheNextCall()
    {
        Visitor alice = await stage.VisitorAsync("alice-out", New);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200);

        Reply signedOut = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:sign_out",
            stage.Server.ServiceToken,
            """{"identifier":"alice-out"}"""
        );
        signedOut.Status.Should().Be(200, signedOut.Body);

        (await alice.SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    [Fact]
    public async Task DeletedConfig_EndsItsTokens()
    {
        Visitor alice = await stage.VisitorAsync("alice-gone", New);

        (
            await stage.Server.SendAsync(
                HttpMethod.Delete,
                $"/api/v1/mcp/configs/{alice.Config}",
                stage.Server.ServiceToken
            )
        )
            .Status.Should()
            .Be(200);

        (await alice.SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Host", "rebound.example", 403)]
    public async Task ForeignOriginsAndHosts_AreRefused(string header, string value, int status)
    {
        Visitor alice = await stage.VisitorAsync($"alice-origin-{Guid.NewGuid():n}", New);

        (await alice.SendAsync("tools/list", [], (header, value))).Status.Should().Be(status);
        (await alice.SendAsync("tools/list", [], ("Origin", stage.Server.Server.Url))).Status.Should().Be(200);
    }

    [Fact]
    public async Task ServerOfOneConnection_HasAllItsTools_AndTakesNoOtherToken()
    {
        Visitor alice = await stage.VisitorAsync("alice-one", New, """["tracker_get_thing"]""");
        Uri url = new($"{stage.Server.Server.Url}/mcp/v3/connections/tracker");
        Visitor one = alice with { Url = url, Token = await stage.ConnectionTokenAsync("alice-one") };

        JsonElement tools = (await one.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
        tools
            .EnumerateArray()
            .Select(tool => tool.GetProperty("name").GetString())
            .Should()
            .Equal("tracker_get_thing", "tracker_create_thing", "behalf_connections");
        (await one.ToolAsync("tracker_create_thing", new { name = "x" }))
            .GetProperty("result")
            .GetProperty("structuredContent")
            .GetProperty("user")
            .GetString()
            .Should()
            .NotBeNull();

        (await (one with { Token = alice.Token }).SendAsync("tools/list", [])).Status.Should().Be(401);
        (await (alice with { Token = one.Token }).SendAsync("tools/list", [])).Status.Should().Be(401);
        Uri other = new($"{stage.Server.Server.Url}/mcp/v3/connections/other");
        (await (one with { Url = other }).SendAsync("tools/list", [])).Status.Should().Be(401);
        Uri upper = new($"{stage.Server.Server.Url}/mcp/v3/Connections/tracker");
        (await (one with { Url = upper }).SendAsync("tools/list", []))
            .Status.Should()
            .Be(401, "paths are case-sensitive");
    }

    [Theory]
    [InlineData("-", null, 400)]
    [InlineData("mcp_nothing", "tracker", 400)]
    [InlineData("-", "nothing", 404)]
    public async Task TokenOfOneConnection_IsAskedForInOneWay(string config, string? connection, int status) =>
        (await stage.AskTokenAsync("alice-asks", config, ("behalf-mcp-connection", connection)))
            .Status.Should()
            .Be(status);

    private static bool IsReader(JsonElement tool) =>
        tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean();
}
