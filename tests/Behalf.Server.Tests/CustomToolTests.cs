using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;
using Google.Protobuf;

namespace Behalf.Server.Tests;

/// <summary>Tools an environment defines as data: what may be said, who may say it, and that they run the same walk.</summary>
public sealed class CustomToolTests(Stage stage) : IClassFixture<Stage>
{
    [Fact]
    public async Task CreatedTool_IsListedAndExecutes_AsTheUser()
    {
        await stage.ConnectAsync("alice-custom");
        (await CreateAsync(Tool("part_of"))).Status.Should().Be(200);

        Reply scoped = await GetAsync("/api/v1/tools/scoped?identifier=alice-custom&filter.tool_names=tracker_part_of");
        JsonElement listed = scoped.Json.GetProperty("tools")[0].GetProperty("tool");
        listed.GetProperty("id").GetString().Should().StartWith("tol_");
        JsonElement definition = listed.GetProperty("definition");
        definition.GetProperty("input_schema").GetProperty("additionalProperties").GetBoolean().Should().BeFalse();
        definition.GetProperty("annotations").GetProperty("read_only_hint").GetBoolean().Should().BeTrue();
        definition.GetProperty("output_schema").GetProperty("type").GetString().Should().Be("object");
        listed.GetProperty("metadata").TryGetProperty("request", out _).Should().BeFalse("a model has no use for it");

        Reply done = await stage.ExecuteAsync("alice-custom", "tracker_part_of", new { thing = "7", kind = "wheel" });

        done.Status.Should().Be(200, done.Body);
        done.Json.GetProperty("data").GetProperty("user").GetString().Should().Be("alice");
        stage
            .Provider.Received.Should()
            .Contain(r => r.Endpoint == "api" && r.Path == "/api/things/7/parts?kind=wheel");
        JsonElement[] trail = await stage.AuditAsync("kind=intent&identifier=alice-custom");
        trail.Should().Contain(r => r.GetProperty("tool").GetString() == "tracker_part_of");
    }

    [Fact]
    public async Task Arguments_AreCheckedAgainstTheSchema()
    {
        await stage.ConnectAsync("bob-custom");
        await CreateAsync(Tool("checked"));
        int before = stage.CountApiRequests();

        (await stage.ExecuteAsync("bob-custom", "tracker_checked", new { thing = "7", colour = "red" }))
            .Status.Should()
            .Be(400);
        (await stage.ExecuteAsync("bob-custom", "tracker_checked", new { })).Status.Should().Be(400);

        stage.CountApiRequests().Should().Be(before);
    }

    [Fact]
    public async Task ChangedDefinition_IsAnotherVersion_AndOfferedOnceItIsTheDefault()
    {
        await stage.ConnectAsync("carol-custom");
        JsonElement created = (await CreateAsync(Tool("versioned"))).Json.GetProperty("tool");
        created.GetProperty("is_default").GetBoolean().Should().BeTrue();
        VersionOf(created).Should().Be("1.1");

        JsonNode changed = Tool("versioned");
        changed["id"] = created.GetProperty("id").GetString();
        changed["definition"]!["description"] = "Another description of the parts of a thing.";
        JsonElement second = await UpdateAsync(changed);
        VersionOf(second).Should().Be("2.1");
        second.GetProperty("is_default").GetBoolean().Should().BeFalse();
        (await DescriptionAsync("carol-custom")).Should().StartWith("Gets the parts");

        changed["metadata"]!["request"]!["query"] = new JsonObject { ["all"] = "yes" };
        VersionOf(await UpdateAsync(changed)).Should().Be("2.2");
        VersionOf(await UpdateAsync(changed)).Should().Be("2.2", "nothing was changed");

        Reply versions = await GetAsync("/api/v1/tools?filter.tool_name=tracker_versioned");
        versions.Json.GetProperty("tools").EnumerateArray().Select(VersionOf).Should().Equal("1.1", "2.1", "2.2");
        Reply names = await GetAsync("/api/v1/tools?filter.tool_name=tracker_versioned&filter.summary=true");
        names.Json.GetProperty("tool_names").EnumerateArray().Should().ContainSingle();

        (await SetDefaultAsync("tracker_versioned", "2", "1")).Status.Should().Be(200);
        (await DescriptionAsync("carol-custom")).Should().StartWith("Another description");
        (await SetDefaultAsync("versioned", "1", "1")).Status.Should().Be(200);
        (await DescriptionAsync("carol-custom")).Should().StartWith("Gets the parts");
        (await SetDefaultAsync("versioned", "9", "1")).Status.Should().Be(404);
        (await SetDefaultAsync("versioned", "one", "1")).Status.Should().Be(404);
    }

    [Fact]
    public async Task DeletedTool_IsNoLongerOfferedOrFound()
    {
        await stage.ConnectAsync("dave-custom");
        string id = IdOf(await CreateAsync(Tool("deleted")));

        (await SendAsync(HttpMethod.Delete, $"/api/v1/tools/{id}")).Status.Should().Be(200);

        (await SendAsync(HttpMethod.Delete, $"/api/v1/tools/{id}")).Status.Should().Be(404);
        (await stage.ExecuteAsync("dave-custom", "tracker_deleted", new { thing = "1" })).Status.Should().Be(404);
    }

    [Theory]
    [InlineData("account_id", """{"type":"string","maxLength":10}""", "identity")]
    [InlineData("place", """{"type":"object","properties":{"host":{"type":"string","maxLength":9}}}""", "identity")]
    [InlineData("note", """{"type":"string"}""", "maxLength")]
    [InlineData("note", """{"type":"string","maxLength":5,"contentEncoding":"base64"}""", "contentEncoding")]
    [InlineData("note", """{"type":"array","maxItems":3}""", "items")]
    public async Task Schema_IsHeldToTheFormat(string name, string schema, string says)
    {
        JsonNode tool = Tool("bad_schema");
        tool["definition"]!["input_schema"]!["properties"]![name] = JsonNode.Parse(schema);

        Reply reply = await CreateAsync(tool);

        reply.Status.Should().Be(400, reply.Body);
        reply.Body.Should().Contain(says);
    }

    [Theory]
    [InlineData("""{"scopes":["things"],"request":{"method":"GET","path":"/../admin"}}""")]
    [InlineData("""{"scopes":["things"],"request":{"method":"TRACE","path":"/things"}}""")]
    [InlineData("""{"scopes":["things"],"request":{"path":"/things","headers":{"Authorization":"Basic eA=="}}}""")]
    [InlineData("""{"scopes":["things"],"request":{"path":"/things","url":"https://elsewhere.example"}}""")]
    [InlineData("""{"scopes":["things"],"request":{"path":"/things","query":{"q":"=args.("}}}""")]
    [InlineData("""{"scopes":["things"],"request":{"path":"/things","save":"mine"}}""")]
    [InlineData("""{"scopes":["things"],"request":{"method":"POST","path":"/things"}}""")]
    [InlineData("""{"scopes":["things"],"steps":[{"call":"no_such_procedure"}]}""")]
    [InlineData("""{"scopes":["things"],"steps":[{"script":"1 + 1"}]}""")]
    [InlineData("""{"scopes":["things"]}""")]
    [InlineData("""{"request":{"path":"/things"}}""")]
    [InlineData("""{"scopes":["things"],"request":{"path":"/things"},"code":"x"}""")]
    public async Task Procedure_IsHeldToTheFormat(string metadata)
    {
        JsonNode tool = Tool("bad_procedure");
        tool["metadata"] = JsonNode.Parse(metadata);

        Reply reply = await CreateAsync(tool);

        reply.Status.Should().Be(400, reply.Body);
        reply
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")[0]
            .GetProperty("field")
            .GetString()
            .Should()
            .Be("tool");
    }

    [Fact]
    public async Task Name_IsTakenOnce_AndNeverTheConnectors()
    {
        await CreateAsync(Tool("taken"));

        (await CreateAsync(Tool("taken"))).Status.Should().Be(409);
        (await CreateAsync(Tool("tracker_taken"))).Status.Should().Be(409, "the connector's name may stand before it");
        (await CreateAsync(Tool("get_thing"))).Status.Should().Be(409);
        (await CreateAsync(Tool("Bad-Name"))).Status.Should().Be(400);
        JsonNode stranger = Tool("of_nobody");
        stranger["provider"] = "NOBODY";
        (await CreateAsync(stranger)).Status.Should().Be(404);
    }

    [Fact]
    public async Task UserBoundAndLimitedCredentials_CannotDefineTools()
    {
        string user = (await stage.Server.SessionAsync("erin-custom")).GetProperty("token").GetString()!;
        Reply limited = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/clients",
            stage.Server.OperatorToken,
            """{"name":"limited","connections":["tracker"]}"""
        );
        string token = await stage.Server.TokenAsync(
            limited.Json.GetProperty("client").GetProperty("client_id").GetString()!,
            limited.Json.GetProperty("client_secret").GetString()!
        );
        string body = Tool("not_theirs").ToJsonString();

        (await stage.Server.SendAsync(HttpMethod.Post, "/api/v1/tools", user, body)).Status.Should().Be(403);
        Reply refused = await stage.Server.SendAsync(HttpMethod.Post, "/api/v1/tools", token, body);

        refused.Status.Should().Be(403);
        refused.ErrorCode.Should().Be("not_allowed");
    }

    [Fact]
    public async Task AnotherEnvironmentsTool_AnswersLikeAnUnknownOne()
    {
        JsonNode tool = Tool("foreign");
        string id = IdOf(await CreateAsync(tool));
        tool["id"] = id;

        (await SendAsync(HttpMethod.Put, "/api/v1/tools", tool.ToJsonString(), stage.Server.ForeignToken))
            .Status.Should()
            .Be(404);
        (await SendAsync(HttpMethod.Delete, $"/api/v1/tools/{id}", null, stage.Server.ForeignToken))
            .Status.Should()
            .Be(404);
        (await SendAsync(HttpMethod.Post, "/api/v1/tools:set_default", Default("foreign"), stage.Server.ForeignToken))
            .Status.Should()
            .Be(404);
    }

    [Fact]
    public async Task ListTools_NarrowsByTheAccountsOfAUser()
    {
        string account = await stage.ConnectAsync("alice-catalogue");
        await stage.AddConnectionAsync("second", "second-client", "second-provider-secret");

        (await TotalAsync("filter.provider=TRACKER"))
            .Should()
            .BeGreaterThan(await TotalAsync("filter.connector=second"));
        (await TotalAsync("filter.identifier=alice-catalogue"))
            .Should()
            .Be(await TotalAsync($"filter.connected_account_id={account}"));
        (await TotalAsync("filter.identifier=alice-catalogue&filter.connector=second")).Should().Be(0);
        (await TotalAsync("filter.identifier=nobody-catalogue")).Should().Be(0);
        (await TotalAsync("filter.identifier=alice-catalogue&filter.organization_id=other")).Should().Be(0);
        (await TotalAsync("filter.tool_name=tracker_get_thing&filter.tool_name=second_get_thing")).Should().Be(2);
        (await TotalAsync("filter.query=LISTS%20goals")).Should().Be(2);
        (await GetAsync("/api/v1/tools?filter.organization_id=acme")).Status.Should().Be(400);
        (await GetAsync("/api/v1/tools?filter.query=ab")).Status.Should().Be(400);
    }

    [Fact]
    public async Task OverGrpc_TheSameHolds()
    {
        CreateToolRequest create = new() { Tool = JsonParser.Default.Parse<Tool>(Tool("over_grpc").ToJsonString()) };

        GrpcReply created = await CallAsync("CreateTool", create);

        created.Status.Should().Be(0);
        Tool tool = CreateToolResponse.Parser.ParseFrom(created.Message).Tool;
        tool.Definition.Fields["name"].StringValue.Should().Be("tracker_over_grpc");
        (await CallAsync("CreateTool", create)).Status.Should().Be(6);
        GrpcReply updated = await CallAsync("UpdateTool", new UpdateToolRequest { Tool = tool });
        updated.Status.Should().Be(0, "what was answered can be sent back");
        VersionOf(JsonDocument.Parse(UpdateToolResponse.Parser.ParseFrom(updated.Message).Tool.ToString()).RootElement)
            .Should()
            .Be("1.1");
        (await CallAsync("DeleteTool", new DeleteToolRequest { Id = tool.Id })).Status.Should().Be(0);
        (await CallAsync("DeleteTool", new DeleteToolRequest { Id = tool.Id })).Status.Should().Be(5);
        (await CallAsync("DeleteTool", new DeleteToolRequest { Id = "ca_1" }))
            .Error.ValidationErrorInfo.FieldViolations.Should()
            .ContainSingle(violation => violation.Field == "id");
    }

    private static JsonNode Tool(string name) =>
        JsonNode.Parse(
            $$"""
            {
              "provider": "TRACKER",
              "definition": {
                "name": "{{name}}",
                "display_name": "Parts of a thing",
                "description": "Gets the parts of a thing of one kind.",
                "category": "parts",
                "input_schema": {
                  "type": "object",
                  "properties": {
                    "thing": {"type": "string", "maxLength": 50},
                    "kind": {"type": "string", "enum": ["wheel", "screw"]}
                  },
                  "required": ["thing"],
                  "additionalProperties": false
                },
                "output_schema": {"type": "object"},
                "annotations": {"read_only_hint": true, "open_world_hint": true}
              },
              "metadata": {
                "scopes": ["things"],
                "request": {
                  "method": "GET",
                  "path": "/things/{thing}/parts",
                  "slots": {"thing": "=args.thing"},
                  "query": {"kind": "=args.kind"}
                }
              },
              "tags": ["ours"]
            }
            """
        )!;

    private static string IdOf(Reply reply) => reply.Json.GetProperty("tool").GetProperty("id").GetString()!;

    private static string VersionOf(JsonElement tool)
    {
        JsonElement metadata = tool.GetProperty("metadata");
        return $"{metadata.GetProperty("schema_version").GetString()}.{metadata.GetProperty("tool_version").GetString()}";
    }

    private static string Default(string name, string schema = "1", string tool = "1") =>
        JsonSerializer.Serialize(
            new
            {
                name,
                schema_version = schema,
                tool_version = tool,
            }
        );

    private Task<GrpcReply> CallAsync(string method, IMessage request) =>
        GrpcCall.SendAsync(
            stage.Server,
            $"/scalekit.v1.tools.ToolService/{method}",
            request,
            stage.Server.ServiceToken
        );

    private Task<Reply> SendAsync(HttpMethod method, string path, string? json = null, string? token = null) =>
        stage.Server.SendAsync(method, path, token ?? stage.Server.ServiceToken, json);

    private Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    private Task<Reply> CreateAsync(JsonNode tool) => SendAsync(HttpMethod.Post, "/api/v1/tools", tool.ToJsonString());

    private Task<Reply> SetDefaultAsync(string name, string schema, string tool) =>
        SendAsync(HttpMethod.Post, "/api/v1/tools:set_default", Default(name, schema, tool));

    private async Task<JsonElement> UpdateAsync(JsonNode tool)
    {
        Reply reply = await SendAsync(HttpMethod.Put, "/api/v1/tools", tool.ToJsonString());
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("tool");
    }

    private async Task<string> DescriptionAsync(string identifier)
    {
        Reply reply = await GetAsync(
            $"/api/v1/tools/scoped?identifier={identifier}&filter.tool_names=tracker_versioned"
        );
        return reply
            .Json.GetProperty("tools")[0]
            .GetProperty("tool")
            .GetProperty("definition")
            .GetProperty("description")
            .GetString()!;
    }

    private async Task<int> TotalAsync(string filter)
    {
        Reply reply = await GetAsync($"/api/v1/tools?{filter}");
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("total_size").GetInt32();
    }
}
