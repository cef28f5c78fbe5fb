using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>What a virtual MCP server offers and carries out, as an MCP client meets it, in both generations of the wire.</summary>
public sealed class McpEndpointTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task ToolsList_HoldsTheUsersOwnTools_AndNoOthers(string version)
    {
        Visitor alice = await stage.VisitorAsync("alice-list", version, """["tracker_get_thing"]""");

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
        Visitor alice = await stage.VisitorAsync(user, version);

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
        Visitor alice = await stage.VisitorAsync("alice-outside", New, """["tracker_get_thing"]""");

        JsonElement hidden = await alice.ToolAsync("tracker_create_thing", new { name = "x" });
        JsonElement unknown = await alice.ToolAsync("tracker_fly", new { });

        hidden.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue();
        unknown.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32602);
        (await stage.AuditAsync("kind=denial&identifier=alice-outside")).Should().HaveCountGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task WrongArguments_AreAResultThatTheModelCanRead()
    {
        Visitor alice = await stage.VisitorAsync("alice-wrong", New);

        JsonElement result = (await alice.ToolAsync("tracker_get_thing", new { identifier = "bob" })).GetProperty(
            "result"
        );

        result.GetProperty("isError").GetBoolean().Should().BeTrue();
        result.GetProperty("content")[0].GetProperty("text").GetString().Should().Contain("identifier");
    }

    [Fact]
    public async Task CallerThatLeaves_EndsTheReadThatItWaitedFor()
    {
        Visitor alice = await stage.VisitorAsync("alice-leaves", New);
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
                McpCalls.Call("tracker_get_thing", new { thing = "7" })
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

        JsonElement[] ended = [];
        await Eventually.HoldsAsync(
            async () => (ended = await stage.AuditAsync("kind=completion&identifier=alice-leaves")).Length == 1,
            "the call comes to its end"
        );
        ended[0].GetProperty("outcome").GetString().Should().Be("cancelled");
    }

    [Fact]
    public async Task OtherVersions_AreRefusedWithWhatIsSpoken()
    {
        Visitor alice = await stage.VisitorAsync("alice-version", "2031-01-01");

        Reply refused = await alice.SendAsync("tools/list", []);

        refused.Status.Should().Be(400, refused.Body);
        refused.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32022);
    }

    [Theory]
    [InlineData("MCP-Protocol-Version", "2025-11-25")]
    [InlineData("MCP-Protocol-Version", null)]
    [InlineData("Mcp-Method", "tools/list")]
    [InlineData("Mcp-Method", null)]
    [InlineData("Mcp-Name", "tracker_create_thing")]
    [InlineData("Mcp-Name", null)]
    public async Task HeadersThatDisagreeWithTheBody_AreRefused(string header, string? value)
    {
        Visitor alice = await stage.VisitorAsync($"alice-headers-{header}-{value is null}".ToLowerInvariant(), New);
        int before = stage.CountApiRequests();
        using HttpRequestMessage request = alice.Request(
            "tools/call",
            McpCalls.Call("tracker_get_thing", new { thing = "7" })
        );
        request.Headers.Remove(header);
        if (value is not null)
        {
            request.Headers.Add(header, value);
        }

        Reply refused = await stage.Server.SendAsync(request);

        refused.Status.Should().Be(400, refused.Body);
        refused.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32020, refused.Body);
        stage.CountApiRequests().Should().Be(before);
    }

    [Fact]
    public async Task UnknownMethod_IsNotFound_OnTheNewWire()
    {
        Visitor alice = await stage.VisitorAsync("alice-method", New);

        Reply refused = await alice.SendAsync("tools/fly", []);

        refused.Status.Should().Be(404, refused.Body);
        Visitor.MessageOf(refused).GetProperty("error").GetProperty("code").GetInt32().Should().Be(-32601);
    }

    [Fact]
    public async Task Sessions_AreNotKept_SoThereIsNothingToDelete()
    {
        Visitor alice = await stage.VisitorAsync("alice-stream", New);

        (await stage.Server.SendAsync(HttpMethod.Delete, alice.Url.AbsolutePath, alice.Token)).Status.Should().Be(405);
    }
}
