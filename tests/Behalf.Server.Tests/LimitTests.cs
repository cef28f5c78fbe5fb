using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>A user who calls too much is told so at every door, in its own words, and nobody else notices.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private static readonly object Thing = new { thing = "1" };

    private readonly Stage _stage = new()
    {
        Services = services => services.PostConfigure<BehalfOptions>(options => options.Limits.Identifier.AtOnce = 1),
    };

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask InitializeAsync() => _stage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        _held.TrySetResult();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task Rest_Answers429_WithTheTimeToComeBack()
    {
        Task<Reply> first = await BusyAsync("alice-rest");

        Reply second = await _stage.ExecuteAsync("alice-rest", "tracker_get_thing", Thing);

        second.Status.Should().Be(429, second.Body);
        second.Headers["Retry-After"].Should().Be("1");
        second.ErrorCode.Should().Be("RATE_LIMITED");
        _held.SetResult();
        (await first).Status.Should().Be(200);
        (await _stage.ExecuteAsync("alice-rest", "tracker_get_thing", Thing)).Status.Should().Be(200);
    }

    [Fact]
    public async Task Grpc_AnswersResourceExhausted_WithTheTimeToComeBack()
    {
        await BusyAsync("alice-grpc");

        GrpcReply second = await GrpcCall.SendAsync(
            _stage.Server,
            "/scalekit.v1.tools.ToolService/ExecuteTool",
            new ExecuteToolRequest
            {
                ToolName = "tracker_get_thing",
                Identifier = "alice-grpc",
                Params = Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson("""{"thing":"1"}"""),
            },
            _stage.Server.ServiceToken
        );

        second.Status.Should().Be(8);
        second.RetryAfter.Should().Be(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Proxy_HoldsItsPlace_UntilTheAnswerIsThrough()
    {
        Task<Reply> first = await BusyAsync("alice-proxy");

        Reply second = await ProxyAsync("alice-proxy");

        second.Status.Should().Be(429, second.Body);
        _held.SetResult();
        (await first).Status.Should().Be(200);
        (await ProxyAsync("alice-proxy")).Status.Should().Be(200);
        (await ProxyAsync("alice-proxy")).Status.Should().Be(200, "the one before gave its place up");
    }

    [Fact]
    public async Task Mcp_SaysWhenToComeBack()
    {
        Visitor alice = await _stage.VisitorAsync("alice-mcp", "2026-07-28");
        JsonObject call = McpCalls.Call("tracker_get_thing", Thing);
        Task<Reply> first = await BusyAsync("alice-mcp");

        JsonElement over = await alice.CallAsync("tools/call", call);

        over.GetProperty("result").GetProperty("isError").GetBoolean().Should().BeTrue("a model reads results");
        McpCalls.Text(over).Should().Contain("of this user run already").And.Contain("Try again in 1 seconds.");
        _held.SetResult();
        (await first).Status.Should().Be(200);
        (await alice.CallAsync("tools/call", call))
            .GetProperty("result")
            .TryGetProperty("structuredContent", out _)
            .Should()
            .BeTrue();
    }

    [Fact]
    public async Task Mcp_AnswersRequestsBeyondTheLimitWith429_AndOthersAreServed()
    {
        Visitor alice = await _stage.VisitorAsync("alice-requests", "2026-07-28");
        Visitor bob = await _stage.VisitorAsync("bob-requests", "2026-07-28");
        Task<Reply> first = await BusyAsync(() =>
            alice.SendAsync("tools/call", McpCalls.Call("tracker_get_thing", Thing))
        );

        foreach (string method in new[] { "tools/list", "tools/call" })
        {
            Reply over = await alice.SendAsync(
                method,
                McpCalls.Call("behalf_connections", new { connect = "tracker" })
            );
            over.Status.Should().Be(429, over.Body);
            over.Headers["Retry-After"].Should().Be("1");
            over.Body.Should().Contain("of this user run already");
        }

        (await bob.SendAsync("tools/list", [])).Status.Should().Be(200);
        _held.SetResult();
        (await first).Status.Should().Be(200);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200, "the one before gave its place up");
    }

    [Fact]
    public async Task McpStream_TakesNoPlace_WhileItIsOpen()
    {
        Visitor alice = await _stage.VisitorAsync("alice-listens", "2025-11-25");
        using HttpRequestMessage request = alice.StreamRequest();
        await using EventStream stream = await EventStream.OpenAsync(_stage.Server.Http, request);

        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200);
    }

    [Fact]
    public async Task OtherUser_IsServed_WhileOneHasAllTheirPlacesTaken()
    {
        await BusyAsync("alice-noisy");
        await _stage.ConnectAsync("bob-quiet");

        Reply bob = await _stage.ExecuteAsync("bob-quiet", "tracker_get_thing", Thing);

        bob.Status.Should().Be(200, bob.Body);
    }

    [Fact]
    public async Task Refusal_FillsNoTrail()
    {
        await BusyAsync("alice-trail");

        await _stage.ExecuteAsync("alice-trail", "tracker_get_thing", Thing);

        JsonElement[] trail = await _stage.AuditAsync("identifier=alice-trail");
        trail.Should().ContainSingle(record => record.GetProperty("kind").GetString() == "intent");
        trail.Should().NotContain(record => record.GetProperty("kind").GetString() == "denial");
    }

    /// <summary>The user has a call under way that the provider holds; others are answered at once.</summary>
    private async Task<Task<Reply>> BusyAsync(string user)
    {
        await _stage.ConnectAsync(user);
        return await BusyAsync(() => _stage.ExecuteAsync(user, "tracker_get_thing", Thing));
    }

    private async Task<Task<Reply>> BusyAsync(Func<Task<Reply>> call)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        _stage.Provider.Api = async context =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                reached.SetResult();
                await _held.Task;
            }

            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(
                """{"id":"1","user":"alice","data":{"gid":"1","name":"a"}}"""u8.ToArray()
            );
        };
        Task<Reply> first = call();
        await reached.Task;
        return first;
    }

    private Task<Reply> ProxyAsync(string user)
    {
        HttpRequestMessage request = new(HttpMethod.Get, new Uri("/proxy/things/1/parts", UriKind.Relative));
        request.Headers.Authorization = new("Bearer", _stage.Server.ServiceToken);
        request.Headers.Add("connection_name", Stage.Connection);
        request.Headers.Add("identifier", user);
        return _stage.Server.SendAsync(request);
    }
}
