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

    public ValueTask InitializeAsync() => _stage.InitializeAsync();

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
        JsonElement asked = await answer.NextAsync(_stage.Server.Time);
        asked.GetProperty("method").GetString().Should().Be("elicitation/create");
        asked.GetProperty("params").GetProperty("message").GetString().Should().Contain("Delete");
        Deletions().Should().Be(0, "nothing is sent before the person has answered");
        await AnswerAsync(alice, asked, action, confirm);
        JsonElement result = (await answer.NextAsync(_stage.Server.Time)).GetProperty("result");

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

    private static async Task AnswerAsync(Visitor visitor, JsonElement asked, string action, bool? confirm)
    {
        JsonObject result = new() { ["action"] = action };
        if (confirm is { } yes)
        {
            result["content"] = new JsonObject { ["confirm"] = yes };
        }

        await visitor.AnswerAsync(asked, result);
    }

    /// <summary>Somebody whose account may delete, with a client that fills in forms.</summary>
    private async Task<Visitor> AdministratorAsync(string user)
    {
        await _stage.AddConnectionAsync(
            "admin",
            "admin-client",
            "admin-secret-of-that-client",
            scopes: ["things", "deletion"]
        );
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
