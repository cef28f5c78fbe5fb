using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Providers;
using Google.Protobuf;

namespace Behalf.Server.Tests;

/// <summary>The catalogue, and connectors that an environment describes itself.</summary>
public sealed class ProviderServiceTests(Stage stage) : IClassFixture<Stage>
{
    private const string ApiKey = """
        {"type":"API_KEY","fields":[{"field_name":"api_key","label":"API key","input_type":"password","required":true}],
        "auth_header_key_override":"X-Api-Key"}
        """;

    [Fact]
    public async Task CustomConnector_IsListedChangedAndRemoved()
    {
        JsonElement created = await CreateAsync("Weather Station", ApiKey);
        created.GetProperty("identifier").GetString().Should().Be("weatherstation");
        created.GetProperty("is_custom").GetBoolean().Should().BeTrue();
        JsonElement pattern = created.GetProperty("auth_patterns")[0];
        pattern.GetProperty("type").GetString().Should().Be("API_KEY");
        pattern.GetProperty("auth_header_key_override").GetString().Should().Be("X-Api-Key");
        pattern.GetProperty("fields")[0].GetProperty("label").GetString().Should().Be("API key");

        JsonElement listed = await OneAsync("weatherstation");
        listed.ToString().Should().Be(created.ToString());
        Reply changed = await SendAsync(
            HttpMethod.Put,
            "custom-providers/weatherstation",
            Body("Weather Two", """{"type":"BEARER"}""", """,{"metadata":{"team":"sky"}}""")
        );
        changed.Status.Should().Be(200, changed.Body);
        JsonElement now = await OneAsync("WEATHERSTATION");
        now.GetProperty("display_name").GetString().Should().Be("Weather Two");
        now.GetProperty("metadata").GetProperty("team").GetString().Should().Be("sky");
        now.GetProperty("id").GetString().Should().Be(created.GetProperty("id").GetString());

        (await SendAsync(HttpMethod.Delete, "custom-providers/weatherstation")).Status.Should().Be(200);
        (await SendAsync(HttpMethod.Delete, "custom-providers/weatherstation")).Status.Should().Be(404);
        (await SendAsync(HttpMethod.Put, "custom-providers/weatherstation", Body("X y", ApiKey)))
            .Status.Should()
            .Be(404);
    }

    [Fact]
    public async Task Catalogue_IsFilteredAndPaged()
    {
        await CreateAsync("Paged One", ApiKey);
        await CreateAsync("Paged One", ApiKey);

        (await NamesAsync("filter.provider_type=DEFAULT")).Should().Equal("tracker");
        (await NamesAsync("filter.provider_type=CUSTOM"))
            .Should()
            .Contain(["pagedone", "pagedone2"])
            .And.NotContain("tracker");
        string[] all = await NamesAsync("");
        all.Should().Contain("tracker").And.Contain("pagedone2");
        List<string> walked = [];
        for (string token = ""; ; )
        {
            Reply page = await GetAsync($"page_size=1&page_token={token}");
            walked.AddRange(NamesOf(page));
            token = page.Json.GetProperty("next_page_token").GetString()!;
            if (token.Length == 0)
            {
                break;
            }
        }

        walked.Should().Equal(all);
        (await NamesAsync("identifier=nothing")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"type":"OAUTH1"}""")]
    [InlineData("""{"type":"API_KEY","fields":[{"field_name":"a"},{"field_name":"b"}]}""")]
    [InlineData("""{"type":"API_KEY","fields":[{"label":"nameless"}]}""")]
    [InlineData("""{"type":"API_KEY","auth_header_key_override":"Host"}""")]
    [InlineData("""{"type":"API_KEY","auth_header_key_override":"X-Key: a\nX-Other"}""")]
    [InlineData("""{"type":"API_KEY","auth_field_mutations":{"api_key":{"suffix":"x"}}}""")]
    [InlineData("""{"type":"BASIC","fields":[{"field_name":"user"}]}""")]
    [InlineData("""{"type":"NO_AUTH","is_mcp":true}""")]
    [InlineData("""{"type":"BEARER","account_fields":[{"field_name":"domain"}]}""")]
    [InlineData("""{"type":"BEARER","script":"x"}""")]
    [InlineData("""{"type":"OAUTH"}""")]
    [InlineData(
        """{"type":"OAUTH","oauth_config":{"authorize_uri":"https://a.example/x","token_uri":"https://b.example/y"}}"""
    )]
    [InlineData(
        """{"type":"OAUTH","oauth_config":{"authorize_uri":"http://a.example/x","token_uri":"http://a.example/y"}}"""
    )]
    public async Task AuthPattern_IsHeldToItsRules(string pattern)
    {
        Reply reply = await SendAsync(HttpMethod.Post, "custom-providers", Body("Bad Pattern", pattern));

        reply.Status.Should().Be(400, reply.Body);
    }

    [Theory]
    [InlineData("Bad/Name", "https://api.example")]
    [InlineData("Good Name", "http://api.example")]
    [InlineData("Good Name", "https://user:secret@api.example")]
    [InlineData("Good Name", "https://{{domain}}.example")]
    public async Task Connector_IsHeldToItsRules(string name, string url)
    {
        JsonNode body = JsonNode.Parse(Body(name, ApiKey))!;
        body["proxy_url"] = url;

        (await SendAsync(HttpMethod.Post, "custom-providers", body.ToJsonString())).Status.Should().Be(400);
    }

    [Fact]
    public async Task TextOfAnApplication_StaysText()
    {
        JsonNode body = JsonNode.Parse(Body("Hostile Texts", ApiKey))!;
        body["description"] = "quoted \" and \\ and\nbase_url: https://elsewhere.example\n--- # {x: &y *y} 🙂 \u2028";
        body["auth_patterns"]![0]!["fields"]![0]!["label"] = "\"]\nauth: {type: none}";

        Reply reply = await SendAsync(HttpMethod.Post, "custom-providers", body.ToJsonString());

        reply.Status.Should().Be(200, reply.Body);
        JsonElement provider = reply.Json.GetProperty("provider");
        provider.GetProperty("description").GetString().Should().Be(body["description"]!.GetValue<string>());
        provider.GetProperty("proxy_url").GetString().Should().Be("https://api.example/v1");
        provider.GetProperty("auth_patterns")[0].GetProperty("type").GetString().Should().Be("API_KEY");
    }

    [Fact]
    public async Task Connector_CannotBeRemoved_WhileAConnectionUsesIt()
    {
        await CreateAsync("In Use", ApiKey);
        await AddConnectionAsync("inuse", "in use");

        Reply refused = await SendAsync(HttpMethod.Delete, "custom-providers/inuse");
        refused.Status.Should().Be(400);
        refused.ErrorCode.Should().Be("connector_in_use");

        (
            await stage.Server.SendAsync(
                HttpMethod.Delete,
                "/api/v1/behalf/connections/in%20use",
                stage.Server.ServiceToken
            )
        )
            .Status.Should()
            .Be(200);
        (await SendAsync(HttpMethod.Delete, "custom-providers/inuse")).Status.Should().Be(200);
    }

    [Fact]
    public async Task ConnectionKeepsItsRevision_WhenTheConnectorChanges()
    {
        await CreateAsync("Pinned", ApiKey);
        await AddConnectionAsync("pinned", "pinned");
        await SendAsync(HttpMethod.Put, "custom-providers/pinned", Body("Pinned", """{"type":"NO_AUTH"}"""));

        Page page = await stage.NewPerson("alice-pinned").OpenAsync(await stage.LinkAsync("alice-pinned", "pinned"));

        page.Body.Should().Contain("credential.api_key");
    }

    [Fact]
    public async Task BundledConnectors_AreTheOperators()
    {
        string provider = """{"identifier":"mine","display_name":"Mine","auth_patterns":[{"type":"NO_AUTH"}]}""";
        (await SendAsync(HttpMethod.Post, "providers", provider)).ErrorCode.Should().Be("bundled_connector");
        (await SendAsync(HttpMethod.Delete, "providers/tracker")).Status.Should().Be(403);
        (await SendAsync(HttpMethod.Delete, "custom-providers/tracker")).Status.Should().Be(404);
    }

    [Fact]
    public async Task OtherCredentials_CannotManageOrSeeThem()
    {
        await CreateAsync("Not Theirs", ApiKey);
        string user = (await stage.Server.SessionAsync("erin-provider")).GetProperty("token").GetString()!;

        (await GetAsync("", user)).Status.Should().Be(403);
        NamesOf(await GetAsync("", stage.Server.ForeignToken)).Should().NotContain("nottheirs");
        (await SendAsync(HttpMethod.Delete, "custom-providers/nottheirs", null, stage.Server.ForeignToken))
            .Status.Should()
            .Be(404);
        Reply added = await SendAsync(
            HttpMethod.Post,
            "behalf/connections",
            """{"connector":"nottheirs","name":"x"}""",
            stage.Server.ForeignToken
        );
        added.Status.Should().Be(404);
    }

    [Fact]
    public async Task OverGrpc_TheSameHolds()
    {
        CreateCustomProviderRequest request = new()
        {
            Provider = JsonParser.Default.Parse<CreateCustomProvider>(Body("Over Grpc", ApiKey)),
        };

        GrpcReply created = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.providers.ProviderService/CreateCustomProvider",
            request,
            stage.Server.ServiceToken
        );
        created.Status.Should().Be(0);
        CreateProviderResponse.Parser.ParseFrom(created.Message).Provider.Identifier.Should().Be("overgrpc");
        request.Provider.ProxyUrl = "";
        GrpcReply refused = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.providers.ProviderService/CreateCustomProvider",
            request,
            stage.Server.ServiceToken
        );
        refused.Error.ValidationErrorInfo.FieldViolations.Should().Contain(v => v.Field == "provider.proxy_url");
    }

    private static string Body(string name, string pattern, string further = "")
    {
        JsonObject body = new()
        {
            ["display_name"] = name,
            ["description"] = "For tests.",
            ["proxy_url"] = "https://api.example/v1",
            ["proxy_enabled"] = true,
            ["auth_patterns"] = new JsonArray(JsonNode.Parse(pattern)),
        };
        if (further.Length > 0)
        {
            foreach ((string key, JsonNode? value) in JsonNode.Parse(further.TrimStart(','))!.AsObject())
            {
                body[key] = value?.DeepClone();
            }
        }

        return body.ToJsonString();
    }

    private async Task<JsonElement> CreateAsync(string name, string pattern)
    {
        Reply reply = await SendAsync(HttpMethod.Post, "custom-providers", Body(name, pattern));
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("provider");
    }

    private async Task AddConnectionAsync(string connector, string name)
    {
        Reply added = await SendAsync(
            HttpMethod.Post,
            "behalf/connections",
            JsonSerializer.Serialize(
                new
                {
                    connector,
                    name,
                    base_url = $"{stage.Provider.Origin}/api",
                }
            )
        );
        added.Status.Should().Be(200, added.Body);
    }

    private async Task<JsonElement> OneAsync(string identifier)
    {
        Reply reply = await GetAsync($"identifier={identifier}");
        return reply.Json.GetProperty("providers").EnumerateArray().Should().ContainSingle().Subject;
    }

    private async Task<string[]> NamesAsync(string query) => NamesOf(await GetAsync(query));

    private static string[] NamesOf(Reply reply)
    {
        reply.Status.Should().Be(200, reply.Body);
        return
        [
            .. reply
                .Json.GetProperty("providers")
                .EnumerateArray()
                .Select(p => p.GetProperty("identifier").GetString()!),
        ];
    }

    private Task<Reply> GetAsync(string query, string? token = null) =>
        SendAsync(HttpMethod.Get, $"providers?{query}", null, token);

    private Task<Reply> SendAsync(HttpMethod method, string path, string? json = null, string? token = null) =>
        stage.Server.SendAsync(method, $"/api/v1/{path}", token ?? stage.Server.ServiceToken, json);
}
