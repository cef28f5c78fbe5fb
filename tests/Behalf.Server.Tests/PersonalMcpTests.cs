using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary><c>/mcp</c>: one URL, and everybody who signs in finds their own accounts there.</summary>
public sealed class PersonalMcpTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    private static readonly JsonObject ByUrl = new()
    {
        ["elicitation"] = new JsonObject { ["url"] = new JsonObject() },
    };

    [Fact]
    public async Task WithoutAToken_TheAnswerSaysWhereToBegin()
    {
        McpClientProgram client = await stage.ClientAsync();

        Reply refused = await client.Visit((string?)null).SendAsync("tools/list", []);

        refused.Status.Should().Be(401);
        refused
            .Headers["WWW-Authenticate"]
            .Should()
            .Contain($"resource_metadata=\"{stage.Url}/.well-known/oauth-protected-resource/mcp\"")
            .And.Contain("scope=\"tools:read tools:write\"");
    }

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task TwoPeople_ActThroughTheirOwnAccounts(string version)
    {
        Visitor alice = await VisitorAsync("alice", version);
        Visitor bob = await VisitorAsync("bob", version);

        foreach ((Visitor visitor, string name) in new[] { (alice, "alice"), (bob, "bob") })
        {
            JsonElement tools = (await visitor.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
            tools
                .EnumerateArray()
                .Select(tool => tool.GetProperty("name").GetString())
                .Should()
                .Contain(["tracker_get_thing", "behalf_connections"]);
            JsonElement result = (await visitor.ToolAsync("tracker_get_thing", new { thing = "7" })).GetProperty(
                "result"
            );
            result.GetProperty("structuredContent").GetProperty("user").GetString().Should().Contain(name);
        }

        JsonElement[] trail = await stage.AuditAsync("kind=intent&identifier=alice");
        trail[0].GetProperty("acting_through").GetString().Should().Be("mcp · Sample client");
    }

    [Fact]
    public async Task TokensOfOtherKindsAndPlaces_AreRefused()
    {
        Visitor alice = await VisitorAsync("alice", New);
        JsonElement session = await stage.Server.SessionAsync("alice");

        foreach (
            string? token in new[]
            {
                stage.Server.ServiceToken,
                stage.Server.OperatorToken,
                stage.Server.ForeignToken,
                session.GetProperty("token").GetString(),
                $"{alice.Token}x",
                alice.Token![..alice.Token!.LastIndexOf('.')] + ".",
            }
        )
        {
            (await (alice with { Token = token }).SendAsync("tools/list", [])).Status.Should().Be(401);
        }

        foreach (
            string path in new[] { "/api/v1/behalf/connections", "/api/v1/connected_accounts", "/api/v1/tools/scoped" }
        )
        {
            Reply api = await stage.Server.SendAsync(HttpMethod.Get, path, alice.Token);
            api.Status.Should().Be(401, $"{path} is of another audience");
        }

        Visitor elsewhere = alice with { Url = new Uri($"{stage.Url}/mcp/v3/connections/tracker") };
        (await elsewhere.SendAsync("tools/list", [])).Status.Should().Be(401, "another resource");
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Host", "rebound.example")]
    public async Task ForeignOriginsAndHosts_AreRefused(string header, string value)
    {
        Visitor alice = await VisitorAsync("alice", New);

        (await alice.SendAsync("tools/list", [], (header, value))).Status.Should().Be(403);
    }

    [Fact]
    public async Task ReadOnlyGrant_SeesReaders_AndIsAskedToStepUpForAWriter()
    {
        await ConnectAsync("alice");
        McpClientProgram client = await stage.ClientAsync();
        JsonElement tokens = await client.TokensAsync(await stage.SignedInAsync("alice"), ("scope", "tools:read"));
        Visitor alice = client.Visit(tokens);

        JsonElement tools = (await alice.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
        Reply refused = await alice.SendAsync(
            "tools/call",
            new JsonObject
            {
                ["name"] = "tracker_create_thing",
                ["arguments"] = new JsonObject { ["name"] = "x" },
            }
        );

        tools
            .EnumerateArray()
            .Should()
            .OnlyContain(tool => tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean());
        refused.Status.Should().Be(403, refused.Body);
        refused
            .Headers["WWW-Authenticate"]
            .Should()
            .Contain("error=\"insufficient_scope\"")
            .And.Contain("scope=\"tools:read tools:write\"")
            .And.Contain("resource_metadata=");
    }

    [Fact]
    public async Task MissingAccount_IsConnectedFromTheChat_ByItsOwnPersonOnly()
    {
        await stage.AddPersonAsync("frank");
        Person frank = await stage.SignedInAsync("frank");
        McpClientProgram client = await stage.ClientAsync();
        Visitor visitor = client.Visit(await client.TokensAsync(frank)) with { Capabilities = ByUrl };
        JsonObject call = new()
        {
            ["name"] = "tracker_get_thing",
            ["arguments"] = new JsonObject { ["thing"] = "7" },
        };

        JsonElement asked = (await visitor.CallAsync("tools/call", call)).GetProperty("result");
        asked.GetProperty("resultType").GetString().Should().Be("input_required");
        Uri link = new(
            asked
                .GetProperty("inputRequests")
                .GetProperty("connect_tracker")
                .GetProperty("params")
                .GetProperty("url")
                .GetString()!
        );

        Page nobody = await stage.NewPerson("nobody").OpenAsync(link);
        nobody.Status.Should().Be(303, "the link alone shows nothing");
        nobody.Location!.ToString().Should().StartWith("/sign-in?");
        Page bobs = await (await stage.SignedInAsync("bob")).OpenAsync(link);
        bobs.Status.Should().Be(403);
        WebUtility.HtmlDecode(bobs.Body).Should().Contain("made for frank").And.Contain("signed in as bob");
        (await stage.AuditAsync("kind=denial&identifier=frank")).Should().NotBeEmpty();

        Page connected = await frank.OpenAsync(await frank.ConsentAsync(await frank.StartAsync(link), "alice"));
        connected.Status.Should().Be(200, connected.Body);
        connected.Body.Should().Contain("Connected");
        JsonObject retry = call.DeepClone().AsObject();
        retry["requestState"] = asked.GetProperty("requestState").GetString();
        retry["inputResponses"] = new JsonObject { ["connect_tracker"] = new JsonObject { ["action"] = "accept" } };
        JsonElement done = (await visitor.CallAsync("tools/call", retry)).GetProperty("result");
        done.TryGetProperty("structuredContent", out _).Should().BeTrue(done.GetRawText());
    }

    [Fact]
    public async Task CallbackInABrowserThatSignedOut_ConnectsNothing()
    {
        await stage.AddPersonAsync("grace");
        Person grace = await stage.SignedInAsync("grace");
        McpClientProgram client = await stage.ClientAsync();
        Visitor visitor = client.Visit(await client.TokensAsync(grace));
        JsonElement listed = await visitor.ToolAsync("behalf_connections", new { connect = "tracker" });
        Uri link = new(listed.GetProperty("result").GetProperty("structuredContent").GetProperty("link").GetString()!);
        Uri callback = await grace.ConsentAsync(await grace.StartAsync(link), "alice");

        await stage.SignOutEverywhereAsync("grace");
        Page refused = await grace.OpenAsync(callback);

        refused.Status.Should().Be(403, refused.Body);
        (await stage.Stage.AccountAsync("grace")).GetProperty("status").GetString().Should().NotBe("ACTIVE");
        (await stage.AuditAsync("kind=denial&identifier=grace")).Should().NotBeEmpty();
    }

    [Fact]
    public async Task GroupRules_SayWhatMayBeReached_FromTheNextRequestOn()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        await own.Stage.AddPersonAsync("henry", groups: ["readers"]);
        await own.Stage.Stage.ConnectAsync("henry");
        McpClientProgram client = await own.Stage.ClientAsync();
        Visitor henry = client.Visit(await client.TokensAsync(await own.Stage.SignedInAsync("henry")));
        (await ToolsOf(henry)).Should().Contain("tracker_create_thing");

        await RuleAsync(own, "writers", []);
        (await ToolsOf(henry)).Should().Equal("behalf_connections");
        (await henry.ToolAsync("tracker_get_thing", new { thing = "7" }))
            .GetRawText()
            .Should()
            .NotContain("structuredContent");
        await RuleAsync(own, "readers", ["tracker_get_thing"]);
        (await ToolsOf(henry)).Should().Equal("tracker_get_thing", "behalf_connections");
        await RuleAsync(own, "*", []);

        (await ToolsOf(henry)).Should().Contain("tracker_create_thing", "rules add up");
    }

    [Fact]
    public async Task PersonWhoMayNoLongerSignIn_IsOutAtTheNextRequest()
    {
        await stage.AddPersonAsync("ivan");
        McpClientProgram client = await stage.ClientAsync();
        Visitor ivan = client.Visit(await client.TokensAsync(await stage.SignedInAsync("ivan")));
        (await ivan.SendAsync("tools/list", [])).Status.Should().Be(200);

        Reply disabled = await stage.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/people/ivan",
            stage.Server.OperatorToken,
            """{"enabled":false}"""
        );
        disabled.Status.Should().Be(200, disabled.Body);

        (await ivan.SendAsync("tools/list", [])).Status.Should().Be(401);
        (await stage.NewPerson("ivan").SignInAsync(new Uri(stage.Url), "ivan", PeopleStage.Password))
            .Status.Should()
            .Be(401);
    }

    [Fact]
    public async Task RemovedClient_IsOutAtTheNextRequest()
    {
        McpClientProgram client = await stage.ClientAsync();
        Visitor alice = client.Visit(await client.TokensAsync(await stage.SignedInAsync("alice")));

        Reply removed = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/mcp_clients:remove",
            stage.Server.OperatorToken,
            JsonSerializer.Serialize(new { client_id = client.ClientId })
        );
        removed.Status.Should().Be(200, removed.Body);

        (await alice.SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    private static async Task<string?[]> ToolsOf(Visitor visitor) =>
        [
            .. (await visitor.CallAsync("tools/list"))
                .GetProperty("result")
                .GetProperty("tools")
                .EnumerateArray()
                .Select(tool => tool.GetProperty("name").GetString()),
        ];

    private static async Task RuleAsync(PeopleStageOfOne own, string group, string[] tools)
    {
        Reply set = await own.Stage.Server.SendAsync(
            HttpMethod.Put,
            "/api/v1/behalf/group_rules",
            own.Stage.Server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    group,
                    connection = "tracker",
                    tools,
                }
            )
        );
        set.Status.Should().Be(200, set.Body);
    }

    private async Task<Visitor> VisitorAsync(string user, string version)
    {
        await ConnectAsync(user);
        McpClientProgram client = await stage.ClientAsync();
        return client.Visit(await client.TokensAsync(await stage.SignedInAsync(user)), version);
    }

    /// <summary>At the provider as the user of the same name.</summary>
    private async Task ConnectAsync(string user)
    {
        Person person = stage.NewPerson(user);
        string id = await person.ConnectAsync(await stage.Stage.LinkAsync(user), user);
        (await stage.Stage.VerifyAsync(id, user)).Status.Should().Be(200);
    }
}
