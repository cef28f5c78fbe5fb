using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Session ids of the older generation: what a client said of itself, carried by the client.</summary>
public sealed class McpSessionTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";

    private static JsonObject ByUrl =>
        new()
        {
            ["elicitation"] = new JsonObject { ["url"] = new JsonObject(), ["form"] = new JsonObject() },
        };

    [Fact]
    public async Task MissingAccount_IsAskedForWith32042_WhereTheClientOpensPages()
    {
        Visitor alice = await (
            await stage.VisitorAsync("alice-url", Old) with
            {
                Capabilities = ByUrl,
            }
        ).InitializeAsync();
        await stage.RevokeAsync("alice-url");

        JsonElement error = (await alice.ToolAsync("tracker_get_thing", new { thing = "7" })).GetProperty("error");

        error.GetProperty("code").GetInt32().Should().Be(-32042);
        JsonElement asked = error.GetProperty("data").GetProperty("elicitations").EnumerateArray().Single();
        asked.GetProperty("mode").GetString().Should().Be("url");
        asked.GetProperty("elicitationId").GetString().Should().NotBeNullOrEmpty();
        asked.GetProperty("message").GetString().Should().Contain("tracker");
        asked.GetProperty("url").GetString().Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"elicitation":{}}""")]
    [InlineData("""{"elicitation":{"form":{}}}""")]
    public async Task MissingAccount_IsToldInWords_WhereTheClientOpensNone(string capabilities)
    {
        Visitor alice = await (
            await stage.VisitorAsync("alice-words", Old) with
            {
                Capabilities = JsonNode.Parse(capabilities)!.AsObject(),
            }
        ).InitializeAsync();
        await stage.RevokeAsync("alice-words");

        JsonElement result = (await alice.ToolAsync("tracker_get_thing", new { thing = "7" })).GetProperty("result");

        result.GetProperty("isError").GetBoolean().Should().BeTrue();
        result.GetProperty("content")[0].GetProperty("text").GetString().Should().Contain("/magicLink/");
    }

    [Fact]
    public async Task InitializeThatCannotBeRead_IsTheClientsFault()
    {
        Visitor alice = await stage.VisitorAsync("alice-odd", Old);

        Reply refused = await alice.SendAsync(
            "initialize",
            new JsonObject
            {
                ["protocolVersion"] = Old,
                ["capabilities"] = new JsonObject { ["elicitation"] = "url" },
                ["clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
            }
        );

        refused.Status.Should().Be(400, refused.Body);
        refused.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32600);
    }

    [Fact]
    public async Task Session_IsNobodyElses_AndLetsNobodyIn()
    {
        Visitor alice = await (await stage.VisitorAsync("alice-own", Old)).InitializeAsync();
        Visitor bob = await stage.VisitorAsync("bob-other", Old);
        Visitor elsewhere = await stage.VisitorAsync("alice-own-too", Old);
        string own = alice.Session!;
        string forged = $"u{own[own.IndexOf('.', StringComparison.Ordinal)..]}";

        foreach (
            Visitor visitor in new[]
            {
                bob with
                {
                    Session = alice.Session,
                },
                elsewhere with
                {
                    Session = alice.Session,
                },
                alice with
                {
                    Session = forged,
                },
                alice with
                {
                    Session = "made-up",
                },
                alice with
                {
                    Session = "f.x.%%%",
                },
            }
        )
        {
            Reply refused = await visitor.SendAsync("tools/list", []);
            refused.Status.Should().Be(404, refused.Body);
            refused.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32001);
        }

        (await (alice with { Token = null }).SendAsync("tools/list", [])).Status.Should().Be(401);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200);
        (await alice.InitializeAsync()).Session.Should().NotBe(alice.Session);
    }

    [Fact]
    public async Task ClientsWithoutASession_AreServedAllTheSame()
    {
        Visitor alice = await stage.VisitorAsync("alice-sessionless", Old);

        Reply listed = await alice.SendAsync("tools/list", []);

        listed.Status.Should().Be(200, listed.Body);
        listed.Headers.Should().NotContainKey("Mcp-Session-Id");
    }

    [Fact]
    public async Task Initialize_SaysThatListsMayChange()
    {
        Visitor alice = await stage.VisitorAsync("alice-announced", Old);

        JsonElement begun = await alice.CallAsync(
            "initialize",
            new JsonObject
            {
                ["protocolVersion"] = Old,
                ["capabilities"] = new JsonObject(),
                ["clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
            }
        );

        begun
            .GetProperty("result")
            .GetProperty("capabilities")
            .GetProperty("tools")
            .GetProperty("listChanged")
            .GetBoolean()
            .Should()
            .BeTrue();
    }
}
