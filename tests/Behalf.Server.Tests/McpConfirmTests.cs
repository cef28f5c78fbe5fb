using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Tools that delete ask the person first, where the client can.</summary>
public sealed class McpConfirmTests(Stage stage) : IClassFixture<Stage>
{
    private const string New = "2026-07-28";

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
            await stage.ConnectionTokenAsync("alice-deletes", "admin"),
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
        JsonObject call = McpCalls.Call(tool.GetProperty("name").GetString()!, new { thing = "7", confirm = true });
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
            McpCalls
                .Text(await alice.CallAsync("tools/call", McpCalls.Answered(call, state, "confirm", no)))
                .Should()
                .Contain("did not agree");
        }

        Deletions().Should().Be(before, "nobody said yes");
        JsonObject yes = McpCalls.Answered(
            call,
            state,
            "confirm",
            """{"action":"accept","content":{"confirm":true}}"""
        );
        JsonElement first = (await alice.CallAsync("tools/call", yes)).GetProperty("result");
        JsonElement again = (await alice.CallAsync("tools/call", yes)).GetProperty("result");

        first.TryGetProperty("structuredContent", out JsonElement answer).Should().BeTrue(first.ToString());
        again.GetProperty("structuredContent").ToString().Should().Be(answer.ToString());
        Deletions().Should().Be(before + 1, "a yes is good for one call");
        JsonObject other = McpCalls.Call(call["name"]!.GetValue<string>(), new { thing = "8", confirm = true });
        (
            await alice.CallAsync(
                "tools/call",
                McpCalls.Answered(other, state, "confirm", """{"action":"accept","content":{"confirm":true}}""")
            )
        )
            .GetProperty("error")
            .GetProperty("code")
            .GetInt32()
            .Should()
            .Be(-32602, "and for the arguments that were shown");
    }

    private int Deletions() =>
        stage.Provider.Received.Count(request => request is { Endpoint: "api", Method: "DELETE" });
}
