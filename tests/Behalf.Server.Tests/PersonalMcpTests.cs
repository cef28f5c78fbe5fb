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
    public async Task LinkOfAnother_CannotBePressedCancelledOrFinished()
    {
        (Person judy, Uri link) = await AskedAsync("judy");
        Person bob = await stage.SignedInAsync("bob");
        Uri own = await stage.Stage.LinkAsync("bob");
        Form bobs = Form.Of(await bob.OpenAsync(own), "continue");

        foreach (string path in new[] { "", "/cancel", "/credential" })
        {
            Page refused = await bob.SendAsync(own, bobs with { Action = $"{link.AbsolutePath}{path}" });
            refused.Status.Should().Be(403, refused.Body);
            WebUtility.HtmlDecode(refused.Body).Should().Contain("made for judy").And.Contain("signed in as bob");
        }

        JsonElement[] denials = await DenialsAsync("judy", "link.opened");
        denials.Should().HaveCount(3);
        denials
            .Should()
            .OnlyContain(record =>
                record.GetProperty("detail").GetString()!.Contains("made for \"judy\"")
                && record.GetProperty("detail").GetString()!.Contains("is \"bob\"")
            );
        Page connected = await judy.OpenAsync(await judy.ConsentAsync(await judy.StartAsync(link), "alice"));
        connected.Status.Should().Be(200, "nothing of it was spent");
    }

    [Fact]
    public async Task BrowserInWhichSomeoneElseSignsIn_FinishesNothing()
    {
        (Person mallory, Uri link) = await AskedAsync("mallory");
        Uri callback = await mallory.ConsentAsync(await mallory.StartAsync(link), "alice");
        int before = stage.Stage.Provider.CountTokenRequests("authorization_code");

        Page signedIn = await mallory.SignInAsync(new Uri(stage.Url), "bob", PeopleStage.Password);
        signedIn.Status.Should().Be(200, signedIn.Body);
        Page refused = await mallory.OpenAsync(callback);

        refused.Status.Should().Be(403, refused.Body);
        stage.Stage.Provider.CountTokenRequests("authorization_code").Should().Be(before, "the code is worth nothing");
        JsonElement denial = (await DenialsAsync("mallory", "flow.denied")).Should().ContainSingle().Subject;
        denial.GetProperty("detail").GetString().Should().Contain("made for \"mallory\"").And.Contain("is \"bob\"");
        (await mallory.OpenAsync(callback)).Status.Should().Be(410, "it ended there");
        (await stage.Stage.AccountAsync("mallory")).GetProperty("status").GetString().Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task StepUp_IsAskedForOnce_AndTheCallThenWorks()
    {
        await ConnectAsync("alice");
        McpClientProgram client = await stage.ClientAsync();
        Person alice = await stage.SignedInAsync("alice");
        Visitor reader = client.Visit(await client.TokensAsync(alice, ("scope", "tools:read")));
        JsonObject call = McpCalls.Call("tracker_create_thing", new { name = "x" });

        Reply refused = await reader.SendAsync("tools/call", call);
        refused.Status.Should().Be(403, refused.Body);
        refused.Body.Should().Contain("tracker_create_thing changes things", "a person is told which tool it was");
        string scope = refused.Headers["WWW-Authenticate"].Split("scope=\"")[1].Split('"')[0];
        Uri request = client.AuthorizationRequest(("scope", scope));
        Page asked = await alice.OpenAsync(request);
        asked.Body.Should().Contain("id=\"consent\"", "more than was allowed is asked for again");
        Reply exchanged = await client.ExchangeAsync(McpClientProgram.CodeOf(await client.AllowAsync(alice, request)));
        exchanged.Status.Should().Be(200, exchanged.Body);
        alice.Secrets.Enqueue(exchanged.Json.GetProperty("access_token").GetString()!);

        JsonElement done = (await client.Visit(exchanged.Json).CallAsync("tools/call", call)).GetProperty("result");

        done.GetProperty("structuredContent").GetProperty("user").GetString().Should().Contain("alice");
        Page again = await alice.OpenAsync(request);
        again.Status.Should().BeOneOf(302, 303);
        again.Location!.Query.Should().Contain("code=", "it is asked once");
        alice.Secrets.Enqueue(McpClientProgram.CodeOf(again.Location));
    }

    [Theory]
    [InlineData("grant")]
    [InlineData("person")]
    [InlineData("access")]
    [InlineData("client")]
    public async Task WhoIsOut_HearsNothingMore_WithinASecond(string how)
    {
        string name = $"listener-{how}";
        await stage.AddPersonAsync(name);
        McpClientProgram client = await stage.ClientAsync();
        Person person = await stage.SignedInAsync(name);
        JsonElement tokens = await client.TokensAsync(person);
        using HttpRequestMessage request = client.Visit(tokens, Old).StreamRequest();
        await using EventStream stream = await EventStream.OpenAsync(stage.Server.Http, request);

        int status = how switch
        {
            "grant" => (
                await client.PostAsync(
                    "/oauth/revoke",
                    ("token", tokens.GetProperty("refresh_token").GetString()),
                    ("client_id", client.ClientId)
                )
            ).Status,
            "person" => (
                await stage.Server.SendAsync(
                    HttpMethod.Patch,
                    $"/api/v1/behalf/people/{name}",
                    stage.Server.OperatorToken,
                    """{"enabled":false}"""
                )
            ).Status,
            "access" => (await EndAccessAsync(person, client)).Status,
            _ => (
                await stage.Server.SendAsync(
                    HttpMethod.Post,
                    "/api/v1/behalf/mcp_clients:remove",
                    stage.Server.OperatorToken,
                    JsonSerializer.Serialize(new { client_id = client.ClientId })
                )
            ).Status,
        };

        status.Should().Be(200);
        await stream.EndAsync(stage.Server.Time);
        stream.Rest().Should().BeEmpty("who is out hears nothing more");
        (await client.Visit(tokens, Old).SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    private async Task<JsonElement[]> DenialsAsync(string identifier, string action) =>
        [
            .. (await stage.AuditAsync($"kind=denial&identifier={identifier}")).Where(record =>
                record.GetProperty("action").GetString() == action
            ),
        ];

    private async Task<Page> EndAccessAsync(Person person, McpClientProgram client)
    {
        Uri page = new($"{stage.Url}/access");
        return await person.SendAsync(page, Form.Of(await person.OpenAsync(page), $"end-{client.ClientId}"));
    }

    /// <summary>Somebody without an account, whose client was asked to open a page.</summary>
    private async Task<(Person Person, Uri Link)> AskedAsync(string name)
    {
        await stage.AddPersonAsync(name);
        Person person = await stage.SignedInAsync(name);
        McpClientProgram client = await stage.ClientAsync();
        Visitor visitor = client.Visit(await client.TokensAsync(person)) with { Capabilities = ByUrl };
        JsonElement asked = await visitor.ToolAsync("tracker_get_thing", new { thing = "7" });
        return (person, new Uri(McpCalls.AskedUrl(asked)));
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
    public async Task ClosedConnection_GivesNoLink_AndTheLastRuleRemovedOpensAll()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        McpClientProgram client = await own.Stage.ClientAsync();
        Visitor alice = client.Visit(await client.TokensAsync(await own.Stage.SignedInAsync("alice")));
        await RuleAsync(own, "writers", []);
        await RuleAsync(own, "others", []);

        JsonElement closed = await alice.ToolAsync("behalf_connections", new { connect = "tracker" });
        closed.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        closed.ToString().Should().NotContain("/magicLink/").And.NotContain("There are: tracker");
        JsonElement called = await alice.ToolAsync("tracker_get_thing", new { thing = "7" });
        called.ToString().Should().NotContain("/magicLink/");
        (await own.Stage.AuditAsync("kind=admin&identifier=alice"))
            .Should()
            .NotContain(record => record.GetProperty("action").GetString() == "link.created");

        await RemoveRuleAsync(own, "writers");
        McpCalls
            .Text(await alice.ToolAsync("behalf_connections", new { connect = "tracker" }))
            .Should()
            .NotContain("/magicLink/", "there is a rule still");
        await RemoveRuleAsync(own, "others");
        McpCalls
            .Text(await alice.ToolAsync("behalf_connections", new { connect = "tracker" }))
            .Should()
            .Contain("/magicLink/", "without rules there are no limits");
    }

    [Fact]
    public async Task RulesOfAnotherEnvironment_DoNotCount()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        await own.Stage.Stage.AddConnectionAsync(
            "tracker",
            "foreign-client",
            "foreign-secret-of-a-client",
            own.Stage.Server.ForeignToken
        );
        McpClientProgram client = await own.Stage.ClientAsync();
        Visitor alice = client.Visit(await client.TokensAsync(await own.Stage.SignedInAsync("alice")));

        await RuleAsync(own, "writers", [], "other");
        McpCalls
            .Text(await alice.ToolAsync("behalf_connections", new { connect = "tracker" }))
            .Should()
            .Contain("/magicLink/", "a rule elsewhere closes nothing here");
        await RuleAsync(own, "writers", []);
        await RuleAsync(own, "*", [], "other");
        McpCalls
            .Text(await alice.ToolAsync("behalf_connections", new { connect = "tracker" }))
            .Should()
            .NotContain("/magicLink/", "and opens nothing");
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

    private static async Task RemoveRuleAsync(PeopleStageOfOne own, string group)
    {
        Reply removed = await own.Stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/group_rules:remove",
            own.Stage.Server.OperatorToken,
            JsonSerializer.Serialize(new { group, connection = "tracker" })
        );
        removed.Status.Should().Be(200, removed.Body);
    }

    private static async Task RuleAsync(
        PeopleStageOfOne own,
        string group,
        string[] tools,
        string environment = "default"
    )
    {
        Reply set = await own.Stage.Server.SendAsync(
            HttpMethod.Put,
            "/api/v1/behalf/group_rules",
            own.Stage.Server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    environment,
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
