using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>A virtual MCP server as an MCP client meets it, in both generations of the wire.</summary>
public sealed class McpEndpointTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";
    private static readonly JsonObject ByUrl = new()
    {
        ["elicitation"] = new JsonObject { ["url"] = new JsonObject() },
    };

    private static int _count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task ToolsList_HoldsTheUsersOwnTools_AndNoOthers(string version)
    {
        Visitor alice = await VisitorAsync("alice-list", """["tracker_get_thing"]""", version);

        JsonElement result = (await alice.CallAsync("tools/list")).GetProperty("result");

        result
            .GetProperty("tools")
            .EnumerateArray()
            .Select(tool => tool.GetProperty("name").GetString())
            .Should()
            .Equal("tracker_get_thing", "behalf_connections");
        JsonElement tool = result.GetProperty("tools")[0];
        tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean().Should().BeTrue();
        tool.GetProperty("inputSchema").GetProperty("type").GetString().Should().Be("object");
        if (version == New)
        {
            result.GetProperty("resultType").GetString().Should().Be("complete");
            result.GetProperty("cacheScope").GetString().Should().Be("private");
            result.GetProperty("ttlMs").GetInt64().Should().BePositive();
        }
    }

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task ToolsCall_ActsAsTheUser_AndIsRecordedAsSuch(string version)
    {
        string user = $"alice-call-{version}";
        Visitor alice = await VisitorAsync(user, "[]", version);

        JsonElement result = (await alice.ToolAsync("tracker_get_thing", new { thing = "7" })).GetProperty("result");

        result.TryGetProperty("isError", out JsonElement isError).Should().Be(isError.ValueKind != default);
        result.GetProperty("structuredContent").GetProperty("user").GetString().Should().NotBeNullOrEmpty();
        JsonNode
            .DeepEquals(
                JsonNode.Parse(result.GetProperty("content")[0].GetProperty("text").GetString()!),
                JsonNode.Parse(result.GetProperty("structuredContent").GetRawText())
            )
            .Should()
            .BeTrue("text and structure say the same");
        JsonElement[] trail = await stage.AuditAsync($"kind=intent&identifier={user}");
        trail.Should().ContainSingle();
        trail[0].GetProperty("acting_through").GetString().Should().StartWith("mcp · ");
    }

    [Fact]
    public async Task ToolsCall_IsRefusedForToolsThatTheServerDoesNotOffer()
    {
        Visitor alice = await VisitorAsync("alice-outside", """["tracker_get_thing"]""", New);

        JsonElement hidden = await alice.ToolAsync("tracker_create_thing", new { name = "x" });
        JsonElement unknown = await alice.ToolAsync("tracker_fly", new { });

        hidden.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        unknown.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602);
        (await stage.AuditAsync("kind=denial&identifier=alice-outside")).Should().HaveCountGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task WrongArguments_AreAResultThatTheModelCanRead()
    {
        Visitor alice = await VisitorAsync("alice-wrong", "[]", New);

        JsonElement result = (await alice.ToolAsync("tracker_get_thing", new { identifier = "bob" })).GetProperty(
            "result"
        );

        result.GetProperty("isError").GetBoolean().Should().BeTrue();
        result.GetProperty("content")[0].GetProperty("text").GetString().Should().Contain("identifier");
    }

    [Fact]
    public async Task ReadOnlyToken_SeesReadersOnly_AndIsAskedForMoreWhenItCallsAWriter()
    {
        Visitor alice = await VisitorAsync("alice-reader", "[]", New, "READ_ONLY");

        JsonElement tools = (await alice.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
        tools.EnumerateArray().Should().OnlyContain(tool => IsReader(tool));
        int sent = stage.CountApiRequests();
        Reply refused = await alice.SendAsync("tools/call", Call("tracker_create_thing", new { name = "x" }));

        refused.Status.Should().Be(403, refused.Body);
        refused.Headers["WWW-Authenticate"].Should().Contain("error=\"insufficient_scope\"").And.Contain("tools:write");
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
        Visitor alice = await VisitorAsync("alice-none", "[]", New);

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
        Visitor alice = await VisitorAsync("alice-own", "[]", New);
        Visitor bob = await VisitorAsync("bob-own", "[]", New);

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
        Visitor alice = await VisitorAsync("alice-out", "[]", New);
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
        Visitor alice = await VisitorAsync("alice-gone", "[]", New);

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
        Visitor alice = await VisitorAsync($"alice-origin-{Guid.NewGuid():n}", "[]", New);

        (await alice.SendAsync("tools/list", [], (header, value))).Status.Should().Be(status);
        (await alice.SendAsync("tools/list", [], ("Origin", stage.Server.Server.Url))).Status.Should().Be(200);
    }

    [Fact]
    public async Task MissingAccount_IsAskedForByUrl_WhereTheClientCan_AndNeverWith32042OnTheNewWire()
    {
        Visitor alice = await DisconnectedAsync("alice-ask", New) with { Capabilities = ByUrl };
        JsonObject call = Call("tracker_get_thing", new { thing = "7" });

        JsonElement asked = (await alice.CallAsync("tools/call", call)).GetProperty("result");

        asked.GetProperty("resultType").GetString().Should().Be("input_required");
        JsonElement ask = asked.GetProperty("inputRequests").GetProperty("connect_tracker").GetProperty("params");
        ask.GetProperty("mode").GetString().Should().Be("url");
        ask.GetProperty("url").GetString().Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
        string state = asked.GetProperty("requestState").GetString()!;

        JsonElement declined = await alice.CallAsync("tools/call", Answered(call, state, "decline"));
        Text(declined).Should().Contain("did not want to connect");

        JsonElement moved = await alice.CallAsync(
            "tools/call",
            Answered(Call("tracker_get_thing", new { thing = "8" }), state, "accept")
        );
        moved.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602, "the state is of another call");

        JsonElement early = await alice.CallAsync("tools/call", Answered(call, state, "accept"));
        Text(early).Should().Contain("/magicLink/", "the page was opened, and the account is not there yet");

        await stage.ConnectAsync("alice-ask");
        JsonElement done = await alice.CallAsync("tools/call", Answered(call, state, "accept"));
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

        JsonElement told = await alice.CallAsync("tools/call", Call("tracker_get_thing", new { thing = "7" }));

        told.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        Text(told).Should().Contain("/magicLink/").And.Contain("call the tool again");
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
        Text(unknown).Should().Contain("There are: tracker");
    }

    [Fact]
    public async Task ServerOfOneConnection_HasAllItsTools_AndTakesNoOtherToken()
    {
        Visitor alice = await VisitorAsync("alice-one", """["tracker_get_thing"]""", New);
        Uri url = new($"{stage.Server.Server.Url}/mcp/v3/connections/tracker");
        Visitor one = alice with { Url = url, Token = await ConnectionTokenAsync("alice-one") };

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

    [Fact]
    public async Task ServerOfOneConnection_AsksForTheFirstAccount()
    {
        Visitor erin = new(
            stage.Server,
            new Uri($"{stage.Server.Server.Url}/mcp/v3/connections/tracker"),
            string.Empty,
            await ConnectionTokenAsync("erin-first"),
            New
        );

        JsonElement told = await erin.ToolAsync("tracker_get_thing", new { thing = "7" });
        Text(told).Should().Contain("erin-first has no account connected").And.Contain("/magicLink/");
        await stage.ConnectAsync("erin-first");

        (await erin.ToolAsync("tracker_get_thing", new { thing = "7" }))
            .GetProperty("result")
            .TryGetProperty("structuredContent", out _)
            .Should()
            .BeTrue();
    }

    [Theory]
    [InlineData("-", null, 400)]
    [InlineData("mcp_nothing", "tracker", 400)]
    [InlineData("-", "nothing", 404)]
    public async Task TokenOfOneConnection_IsAskedForInOneWay(string config, string? connection, int status) =>
        (await stage.AskTokenAsync("alice-asks", config, ("behalf-mcp-connection", connection)))
            .Status.Should()
            .Be(status);

    [Fact]
    public async Task DestructiveTool_AsksThePerson_AndAYesIsGoodForOneCall()
    {
        await stage.AddConnectionAsync(
            "admin",
            "admin-client",
            "admin-secret-of-that-client",
            scopes: ["things", "deletion"]
        );
        await stage.ConnectAsync("alice-deletes", "admin");
        Visitor alice = new(
            stage.Server,
            new Uri($"{stage.Server.Server.Url}/mcp/v3/connections/admin"),
            string.Empty,
            await ConnectionTokenAsync("alice-deletes", "admin"),
            New
        )
        {
            Capabilities = new JsonObject { ["elicitation"] = new JsonObject { ["form"] = new JsonObject() } },
        };
        JsonElement[] tools =
        [
            .. (await alice.CallAsync("tools/list")).GetProperty("result").GetProperty("tools").EnumerateArray(),
        ];
        JsonElement tool = tools.Single(one =>
            one.GetProperty("annotations").GetProperty("destructiveHint").GetBoolean()
        );
        JsonObject call = Call(tool.GetProperty("name").GetString()!, new { thing = "7", confirm = true });
        int before = Deletions();

        JsonElement asked = (await alice.CallAsync("tools/call", call)).GetProperty("result");
        asked.GetProperty("resultType").GetString().Should().Be("input_required");
        JsonElement ask = asked.GetProperty("inputRequests").GetProperty("confirm").GetProperty("params");
        ask.GetProperty("message").GetString().Should().Contain("\"Delete\"").And.Contain("admin").And.Contain("7");
        string state = asked.GetProperty("requestState").GetString()!;
        foreach (
            string no in new[]
            {
                """{"action":"decline"}""",
                """{"action":"cancel"}""",
                """{"action":"accept","content":{"confirm":false}}""",
                """{"action":"accept","content":{"confirm":"true"}}""",
                """{"action":"accept"}""",
                "7",
            }
        )
        {
            Text(await alice.CallAsync("tools/call", Answered(call, state, "confirm", no)))
                .Should()
                .Contain("did not agree");
        }

        Deletions().Should().Be(before, "nobody said yes");
        JsonObject yes = Answered(call, state, "confirm", """{"action":"accept","content":{"confirm":true}}""");
        JsonElement first = (await alice.CallAsync("tools/call", yes)).GetProperty("result");
        JsonElement again = (await alice.CallAsync("tools/call", yes)).GetProperty("result");

        first.TryGetProperty("structuredContent", out JsonElement answer).Should().BeTrue(first.ToString());
        again.GetProperty("structuredContent").ToString().Should().Be(answer.ToString());
        Deletions().Should().Be(before + 1, "a yes is good for one call");
        JsonObject other = Call(call["name"]!.GetValue<string>(), new { thing = "8", confirm = true });
        (
            await alice.CallAsync(
                "tools/call",
                Answered(other, state, "confirm", """{"action":"accept","content":{"confirm":true}}""")
            )
        )
            .GetProperty("error")
            .GetProperty("code")
            .GetInt32()
            .Should()
            .Be(-32602, "and for the arguments that were shown");
    }

    [Fact]
    public async Task CallerThatLeaves_EndsTheReadThatItWaitedFor()
    {
        Visitor alice = await VisitorAsync("alice-leaves", "[]", New);
        TaskCompletionSource arrived = new();
        TaskCompletionSource gone = new();
        stage.Provider.Api = async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            arrived.TrySetResult();
            await gone.Task.WaitAsync(Cancellation);
        };
        try
        {
            using CancellationTokenSource leaving = new();
            using HttpRequestMessage request = alice.Request(
                "tools/call",
                Call("tracker_get_thing", new { thing = "7" })
            );
            Task<HttpResponseMessage> call = stage.Server.Http.SendAsync(request, leaving.Token);
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            await leaving.CancelAsync();
            await FluentActions.Awaiting(() => call).Should().ThrowAsync<OperationCanceledException>();
            await gone.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        }
        finally
        {
            stage.Provider.Api = null;
        }

        for (int i = 0; ; i++)
        {
            JsonElement[] ended = await stage.AuditAsync("kind=completion&identifier=alice-leaves");
            if (ended.Length == 1)
            {
                ended[0].GetProperty("outcome").GetString().Should().Be("cancelled");
                return;
            }

            i.Should().BeLessThan(100, "the call must come to its end");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    [Fact]
    public async Task OtherVersions_AreRefusedWithWhatIsSpoken()
    {
        Visitor alice = await VisitorAsync("alice-version", "[]", "2031-01-01");

        Reply refused = await alice.SendAsync("tools/list", []);

        refused.Status.Should().Be(400, refused.Body);
        refused.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32022);
    }

    [Fact]
    public async Task Sessions_AreNotKept_SoThereIsNothingToDelete()
    {
        Visitor alice = await VisitorAsync("alice-stream", "[]", New);

        (await stage.Server.SendAsync(HttpMethod.Delete, alice.Url.AbsolutePath, alice.Token)).Status.Should().Be(405);
    }

    private static bool IsReader(JsonElement tool) =>
        tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean();

    private static string Text(JsonElement message) =>
        message.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;

    private static JsonObject Call(string name, object arguments) =>
        new() { ["name"] = name, ["arguments"] = JsonSerializer.SerializeToNode(arguments) };

    private static JsonObject Answered(JsonObject call, string state, string action) =>
        Answered(call, state, "connect_tracker", new JsonObject { ["action"] = action }.ToJsonString());

    private static JsonObject Answered(JsonObject call, string state, string key, string answer)
    {
        JsonObject again = call.DeepClone().AsObject();
        again["requestState"] = state;
        again["inputResponses"] = new JsonObject { [key] = JsonNode.Parse(answer) };
        return again;
    }

    private int Deletions() =>
        stage.Provider.Received.Count(request => request is { Endpoint: "api", Method: "DELETE" });

    private Task<Visitor> VisitorAsync(string user, string tools, string version, string access = "FULL") =>
        stage.VisitorAsync(user, version, tools, access);

    private async Task<string> ConnectionTokenAsync(string user, string connection = "tracker")
    {
        Reply token = await stage.AskTokenAsync(user, "-", ("behalf-mcp-connection", connection));
        token.Status.Should().Be(200, token.Body);
        return token.Json.GetProperty("token").GetString()!;
    }

    private async Task<Visitor> DisconnectedAsync(string user, string version)
    {
        Visitor visitor = await VisitorAsync(user, "[]", version);
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
