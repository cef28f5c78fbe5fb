using System.Text;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Behalf.Wire.Tools;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Tests;

/// <summary>A repeat of a call gets that call's answer; two equal calls are two calls.</summary>
public sealed class AtMostOnceTests(Stage stage) : IClassFixture<Stage>
{
    private const string Execute = "/scalekit.v1.tools.ToolService/ExecuteTool";

    private int _before;

    private async Task ConnectAsync(string user)
    {
        await stage.ConnectAsync(user);
        _before = stage.CountApiRequests();
    }

    private int Sent => stage.CountApiRequests() - _before;

    private async Task<Reply> CreateAsync(string user, string name, string? key = null, string tool = "create_thing")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative));
        request.Headers.Add("Authorization", $"Bearer {stage.Server.ServiceToken}");
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        object arguments = tool == "create_thing" ? new { name } : new { thing = name };
        request.Content = new StringContent(
            JsonSerializer.Serialize(
                new
                {
                    tool_name = $"tracker_{tool}",
                    identifier = user,
                    @params = arguments,
                }
            ),
            Encoding.UTF8,
            "application/json"
        );
        return await stage.Server.SendAsync(request);
    }

    private Task<GrpcReply> GrpcAsync(string user, string name, string? key = null, string tool = "create_thing")
    {
        ExecuteToolRequest request = new()
        {
            ToolName = $"tracker_{tool}",
            Identifier = user,
            Params = new Struct { Fields = { [tool == "create_thing" ? "name" : "thing"] = Value.ForString(name) } },
        };
        return GrpcCall.SendAsync(
            stage.Server,
            Execute,
            request.ToByteArray(),
            key is null ? [] : [("idempotency-key", key)],
            stage.Server.ServiceToken
        );
    }

    private static string ExecutionOf(Reply reply)
    {
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json.GetProperty("execution_id").GetString()!;
    }

    [Fact]
    public async Task Key_RunsOnce_OverRestAndGrpc_ForTwentyFourHours()
    {
        await ConnectAsync("keeps");

        string first = ExecutionOf(await CreateAsync("keeps", "a", "key one"));
        string again = ExecutionOf(await CreateAsync("keeps", "a", "key one"));
        GrpcReply grpc = await GrpcAsync("keeps", "a", "key one");

        again.Should().Be(first);
        ExecuteToolResponse.Parser.ParseFrom(grpc.Message).ExecutionId.Should().Be(first);
        ExecuteToolResponse.Parser.ParseFrom(grpc.Message).Data.Fields["user"].StringValue.Should().Be("alice");
        Sent.Should().Be(1);
    }

    [Fact]
    public async Task Key_CannotBeUsed_ForAnotherToolUserOrArguments()
    {
        await ConnectAsync("reuses");
        await stage.ConnectAsync("reuses too");
        _before = stage.CountApiRequests();
        await CreateAsync("reuses", "a", "reused");

        foreach (
            Reply reply in new[]
            {
                await CreateAsync("reuses", "b", "reused"),
                await CreateAsync("reuses too", "a", "reused"),
                await CreateAsync("reuses", "a", "reused", "get_thing"),
            }
        )
        {
            reply.Status.Should().Be(400, reply.Body);
            reply.ErrorCode.Should().Be("idempotency_key_reused");
        }

        GrpcReply grpc = await GrpcAsync("reuses", "b", "reused");
        (grpc.Status, grpc.Error.ErrorCode).Should().Be((3, "idempotency_key_reused"));
        Sent.Should().Be(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tab\there")]
    public async Task OddKey_IsRefused_BeforeAnythingIsSent(string key)
    {
        await ConnectAsync($"odd {key.Length}");

        Reply reply = await CreateAsync($"odd {key.Length}", "a", key);

        reply.Status.Should().Be(400, reply.Body);
        Sent.Should().Be(0);
    }

    [Theory]
    [InlineData("with a key")]
    [InlineData(null)]
    public async Task ConcurrentRepeats_JoinTheRunningCall(string? key)
    {
        string user = $"joins {key ?? "without"}";
        await ConnectAsync(user);
        Gate gate = new();
        stage.Provider.AnswerNextApiRequest(new OddReply.Held(gate));

        Task<Reply> first = CreateAsync(user, "a", key);
        await gate.Arrived;
        Task<Reply>[] repeats = [.. Enumerable.Range(0, 10).Select(_ => CreateAsync(user, "a", key))];
        Task<GrpcReply> grpc = GrpcAsync(user, "a", key);
        const int Others = 10;
        for (int i = 0; i < Others; i++)
        {
            ExecutionOf(await CreateAsync(user, $"other {i}")).Should().NotBeEmpty(); // meanwhile the repeats have come
        }

        gate.Open();

        string execution = ExecutionOf(await first);
        foreach (Reply repeat in await Task.WhenAll(repeats))
        {
            ExecutionOf(repeat).Should().Be(execution);
        }

        ExecuteToolResponse.Parser.ParseFrom((await grpc).Message).ExecutionId.Should().Be(execution);
        Sent.Should().Be(1 + Others);
    }

    [Theory]
    [InlineData("create_thing")]
    [InlineData("get_thing")]
    public async Task TwoEqualCalls_AreTwoCalls_OnceTheFirstWasAnswered(string tool)
    {
        await ConnectAsync($"two {tool}");
        HashSet<string> executions = new(StringComparer.Ordinal);

        for (int i = 0; i < 5; i++)
        {
            executions.Add(ExecutionOf(await CreateAsync($"two {tool}", "a", tool: tool))).Should().BeTrue();
        }

        Sent.Should().Be(5);
    }

    [Theory]
    [InlineData("create_thing", 500)]
    [InlineData("create_thing", 404)]
    [InlineData("get_thing", 500)]
    [InlineData("get_thing", 403)]
    public async Task FailedCall_ThatIsRepeatedTwiceAtOnce_ReachesTheProviderOnce(string tool, int status)
    {
        string user = $"fails {tool} {status}";
        await ConnectAsync(user);
        stage.Provider.AnswerNextApiRequest(OddReply.Json(status, """{"error":"no"}"""));

        GrpcReply[] replies =
        [
            await GrpcAsync(user, "a", tool: tool),
            await GrpcAsync(user, "a", tool: tool),
            await GrpcAsync(user, "a", tool: tool),
        ];

        Sent.Should().Be(1, "the released Python SDK repeats every failed call twice");
        replies.Should().OnlyContain(reply => reply.Error.ErrorCode == "TOOL_ERROR");
        replies.Select(reply => reply.Error.ToolErrorInfo.ExecutionId).Distinct().Should().ContainSingle();
        replies
            .Select(reply => (reply.Status, reply.Error.ToolErrorInfo.ToolErrorCode))
            .Distinct()
            .Should()
            .HaveCount(1);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10));
        (await GrpcAsync(user, "a", tool: tool)).Status.Should().Be(0);
        Sent.Should().Be(2);
    }

    [Fact]
    public async Task AnswerThatWasLost_IsGivenToTheRepeat_AndThenTheNextCallIsItsOwn()
    {
        await ConnectAsync("loses");
        Gate gate = new();
        stage.Provider.AnswerNextApiRequest(new OddReply.Held(gate));
        using CancellationTokenSource gone = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative))
        {
            Content = new StringContent(
                """{"tool_name":"tracker_create_thing","identifier":"loses","params":{"name":"a"}}""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Add("Authorization", $"Bearer {stage.Server.ServiceToken}");
        Task<HttpResponseMessage> lost = stage.Server.Http.SendAsync(request, gone.Token);
        await gate.Arrived;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);
        Task<Reply> joins = CreateAsync("loses", "a");
        gate.Open();

        string execution = ExecutionOf(await joins);
        string next = ExecutionOf(await CreateAsync("loses", "a"));

        next.Should().NotBe(execution);
        Sent.Should().Be(2);
    }
}
