using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>A single node that keeps the sessions of older clients, so that their person can be asked in mid-call.</summary>
public sealed class McpKeptSessionTests : IAsyncLifetime
{
    private const string Old = "2025-11-25";

    private readonly Stage _stage = new()
    {
        Services = services => services.Configure<BehalfOptions>(options => options.Mcp.KeepsSessions = true),
    };

    public async ValueTask InitializeAsync()
    {
        await _stage.InitializeAsync();
        await _stage.AddConnectionAsync(
            "admin",
            "admin-client",
            "admin-secret-of-that-client",
            scopes: ["things", "deletion"]
        );
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData("accept", true, 1)]
    [InlineData("accept", false, 0)]
    [InlineData("decline", null, 0)]
    public async Task DestructiveTool_AsksThePerson_InTheAnswerOfTheCall(string action, bool? confirm, int deletions)
    {
        Visitor alice = await (await AdministratorAsync("alice-kept")).InitializeAsync();
        using HttpRequestMessage call = alice.Request(
            "tools/call",
            new JsonObject
            {
                ["name"] = "admin_delete_thing",
                ["arguments"] = new JsonObject { ["thing"] = "7", ["confirm"] = true },
            }
        );

        await using EventStream answer = await EventStream.OpenAsync(_stage.Server.Http, call);
        JsonElement asked = await answer.NextAsync();
        asked.GetProperty("method").GetString().Should().Be("elicitation/create");
        asked.GetProperty("params").GetProperty("message").GetString().Should().Contain("Delete");
        Deletions().Should().Be(0, "nothing is sent before the person has answered");
        await AnswerAsync(alice, asked, action, confirm);
        JsonElement result = (await answer.NextAsync()).GetProperty("result");

        Deletions().Should().Be(deletions);
        (result.TryGetProperty("isError", out JsonElement failed) && failed.GetBoolean()).Should().Be(deletions == 0);
    }

    [Fact]
    public async Task Session_IsNobodyElses()
    {
        Visitor alice = await (await _stage.VisitorAsync("alice-keeps", Old)).InitializeAsync();
        Visitor bob = await _stage.VisitorAsync("bob-takes", Old);

        (await (bob with { Session = alice.Session }).SendAsync("tools/list", [])).Status.Should().BeOneOf(403, 404);
        (await (alice with { Session = "guessed" }).SendAsync("tools/list", [])).Status.Should().Be(404);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200);
    }

    [Fact]
    public async Task AnswerOfAnother_ReachesNoPendingQuestion()
    {
        Visitor alice = await (await AdministratorAsync("alice-asked")).InitializeAsync();
        Visitor bob = await AdministratorAsync("bob-answers");
        using HttpRequestMessage call = alice.Request(
            "tools/call",
            McpCalls.Call("admin_delete_thing", new { thing = "7", confirm = true })
        );
        await using EventStream answer = await EventStream.OpenAsync(_stage.Server.Http, call);
        JsonElement asked = await answer.NextAsync();

        Reply refused = await SendAnswerAsync(bob with { Session = alice.Session }, asked, "accept", true);
        Visitor bobs = await bob.InitializeAsync();
        Reply elsewhere = await SendAnswerAsync(bobs, asked, "accept", true);

        refused.Status.Should().BeOneOf([403, 404], refused.Body);
        elsewhere.Status.Should().Be(202, "nobody waits for it in a session of his own");
        answer.Rest().Should().BeEmpty("the call still waits");
        Deletions().Should().Be(0);
        await AnswerAsync(alice, asked, "accept", true);
        (await answer.NextAsync()).GetProperty("result").TryGetProperty("structuredContent", out _).Should().BeTrue();
        Deletions().Should().Be(1);
    }

    private static async Task AnswerAsync(Visitor visitor, JsonElement asked, string action, bool? confirm)
    {
        Reply accepted = await SendAnswerAsync(visitor, asked, action, confirm);
        accepted.Status.Should().Be(202, accepted.Body);
    }

    private static async Task<Reply> SendAnswerAsync(Visitor visitor, JsonElement asked, string action, bool? confirm)
    {
        JsonObject result = new() { ["action"] = action };
        if (confirm is { } yes)
        {
            result["content"] = new JsonObject { ["confirm"] = yes };
        }

        return await visitor.AnswerAsync(asked, result);
    }

    /// <summary>Somebody whose account may delete, with a client that fills in forms.</summary>
    private async Task<Visitor> AdministratorAsync(string user)
    {
        await _stage.ConnectAsync(user, "admin");
        Reply token = await _stage.AskTokenAsync(user, "-", ("behalf-mcp-connection", "admin"));
        return new Visitor(
            _stage.Server,
            new Uri($"{_stage.Server.Server.Url}/mcp/v3/connections/admin"),
            string.Empty,
            token.Json.GetProperty("token").GetString(),
            Old
        )
        {
            Capabilities = new JsonObject { ["elicitation"] = new JsonObject() },
        };
    }

    private int Deletions() =>
        _stage.Provider.Received.Count(request => request is { Endpoint: "api", Method: "DELETE" });
}
