using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Tools that delete ask the person first, where the client can.</summary>
public sealed class McpConfirmTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private const string New = "2026-07-28";

    private static int _count;

    private string _connection = "";

    public async ValueTask InitializeAsync()
    {
        _connection = $"admin{Interlocked.Increment(ref _count)}";
        await stage.AddConnectionAsync(
            _connection,
            $"{_connection}-client",
            "admin-secret-of-that-client",
            scopes: ["things", "deletion"]
        );
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task ToolThatChangesAccess_AsksThePerson_AsOneThatDeletes()
    {
        Visitor alice = await AdministratorAsync("alice-shares");
        JsonObject call = McpCalls.Call($"{_connection}_share_thing", new { thing = "7" });

        JsonElement asked = (await alice.CallAsync("tools/call", call)).GetProperty("result");

        asked.GetProperty("resultType").GetString().Should().Be("input_required");
        asked.GetProperty("inputRequests").GetProperty("confirm").ToString().Should().Contain("Share");
        string state = asked.GetProperty("requestState").GetString()!;
        McpCalls
            .Text(
                await alice.CallAsync(
                    "tools/call",
                    McpCalls.Answered(call, state, "confirm", """{"action":"decline"}""")
                )
            )
            .Should()
            .Contain("did not agree");
        stage.Provider.Received.Should().NotContain(request => request.Path.EndsWith("/shares"));
        JsonElement done = await alice.CallAsync(
            "tools/call",
            McpCalls.Answered(call, state, "confirm", """{"action":"accept","content":{"confirm":true}}""")
        );
        done.GetProperty("result").TryGetProperty("structuredContent", out _).Should().BeTrue(done.ToString());
        stage.Provider.Received.Should().ContainSingle(request => request.Path.EndsWith("/shares"));
    }

    /// <summary>Somebody whose account may delete and share, with a client that fills in forms.</summary>
    private async Task<Visitor> AdministratorAsync(string user)
    {
        await stage.ConnectAsync(user, _connection);
        return new Visitor(
            stage.Server,
            new Uri($"{stage.Server.Server.Url}/mcp/v3/connections/{_connection}"),
            string.Empty,
            await stage.ConnectionTokenAsync(user, _connection),
            New
        )
        {
            Capabilities = new JsonObject { ["elicitation"] = new JsonObject { ["form"] = new JsonObject() } },
        };
    }

    [Fact]
    public async Task DestructiveTool_AsksThePerson_AndAYesIsGoodForOneCall()
    {
        Visitor alice = await AdministratorAsync("alice-deletes");
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
