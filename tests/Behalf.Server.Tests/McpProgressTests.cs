using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Behalf.Server.Tests;

/// <summary>Calls that take long: how far they are, and how they are cut short.</summary>
public sealed class McpProgressTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task Progress_IsToldToWhoGaveAToken(string version)
    {
        Visitor alice = await stage.VisitorAsync($"alice-progress-{version}", version);

        JsonElement[] messages = await MessagesAsync(alice, "token-7");
        JsonElement[] silent = await MessagesAsync(alice, null);

        JsonElement told = messages[0].GetProperty("params");
        messages[0].GetProperty("method").GetString().Should().Be("notifications/progress");
        told.GetProperty("progressToken").GetString().Should().Be("token-7");
        told.GetProperty("progress").GetInt32().Should().Be(1);
        told.GetProperty("message").GetString().Should().Contain("Tracker");
        messages[^1].TryGetProperty("result", out _).Should().BeTrue("the answer comes last");
        silent.Should().ContainSingle().Which.TryGetProperty("result", out _).Should().BeTrue();
    }

    [Fact]
    public async Task Cancellation_EndsTheReadThatItMeans_AndIsRecorded()
    {
        Visitor alice = await (await stage.VisitorAsync("alice-cancels", Old)).InitializeAsync();
        Visitor other = await alice.InitializeAsync();
        await using Held held = new(stage);
        using HttpRequestMessage call = alice.Request("tools/call", Reading("7"), id: 4711);
        Task<Reply> running = stage.Server.SendAsync(call);
        await held.Arrived.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await CancelAsync(other, 4711); // the same id, in another session
        await CancelAsync(alice with { Session = null }, 4711);
        await CancelAsync(alice, 4712);
        held.Gone.IsCompleted.Should().BeFalse("none of these means the call");
        await CancelAsync(alice, 4711);

        await held.Gone.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        (await running).Status.Should().Be(200);
        (await CompletionAsync("alice-cancels")).GetProperty("outcome").GetString().Should().Be("cancelled");
    }

    [Fact]
    public async Task Cancellation_DoesNotCutAWriteShort()
    {
        Visitor alice = await (await stage.VisitorAsync("alice-writes", Old)).InitializeAsync();
        await using Held held = new(stage, answers: true);
        using HttpRequestMessage call = alice.Request(
            "tools/call",
            new JsonObject
            {
                ["name"] = "tracker_create_thing",
                ["arguments"] = new JsonObject { ["name"] = "kept" },
            },
            id: 4713
        );
        Task<Reply> running = stage.Server.SendAsync(call);
        await held.Arrived.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await CancelAsync(alice, 4713);
        held.Gone.IsCompleted.Should().BeFalse("its outcome would be unknown for nothing");
        held.Answer();

        (await running).Status.Should().Be(200);
        (await CompletionAsync("alice-writes")).GetProperty("outcome").GetString().Should().Be("success");
    }

    private async Task<JsonElement[]> MessagesAsync(Visitor visitor, string? token)
    {
        using HttpRequestMessage request = visitor.Request("tools/call", Reading("7"));
        if (token is not null)
        {
            string body = await request.Content!.ReadAsStringAsync(Cancellation);
            JsonObject message = JsonNode.Parse(body)!.AsObject();
            JsonObject parameters = message["params"]!.AsObject();
            JsonObject meta = parameters["_meta"]?.AsObject() ?? [];
            meta["progressToken"] = token;
            parameters["_meta"] = meta.Parent is null ? meta : meta.DeepClone();
            request.Content = new StringContent(message.ToJsonString(), request.Content.Headers.ContentType!);
        }

        Reply reply = await visitor.Server.SendAsync(request);
        reply.Status.Should().Be(200, reply.Body);
        return
        [
            .. reply
                .Body.Split('\n')
                .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
                .Select(line => JsonDocument.Parse(line[6..]).RootElement),
        ];
    }

    private static JsonObject Reading(string thing) =>
        new()
        {
            ["name"] = "tracker_get_thing",
            ["arguments"] = new JsonObject { ["thing"] = thing },
        };

    private static async Task CancelAsync(Visitor visitor, int request)
    {
        using HttpRequestMessage message = visitor.Request(
            "notifications/cancelled",
            new JsonObject { ["requestId"] = request, ["reason"] = "no longer wanted" }
        );
        JsonObject body = JsonNode.Parse(await message.Content!.ReadAsStringAsync(Cancellation))!.AsObject();
        body.Remove("id"); // a notification has none
        message.Content = new StringContent(body.ToJsonString(), message.Content.Headers.ContentType!);
        (await visitor.Server.SendAsync(message)).Status.Should().Be(202);
    }

    private async Task<JsonElement> CompletionAsync(string user)
    {
        JsonElement[] ended = [];
        await Eventually.HoldsAsync(
            async () => (ended = await stage.AuditAsync($"kind=completion&identifier={user}")).Length == 1,
            "the call comes to its end"
        );
        return ended[0];
    }

    /// <summary>The provider keeps a request waiting, and sees whether its caller leaves.</summary>
    private sealed class Held : IAsyncDisposable
    {
        private readonly Stage _stage;
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Held(Stage stage, bool answers = false)
        {
            _stage = stage;
            stage.Provider.Api = async context =>
            {
                context.RequestAborted.Register(() => _gone.TrySetResult());
                _arrived.TrySetResult();
                await (answers ? _answer.Task : _gone.Task);
                if (answers)
                {
                    await context.Response.WriteAsJsonAsync(new { user = "alice" }, Cancellation);
                }
            };
        }

        public Task Arrived => _arrived.Task;

        public Task Gone => _gone.Task;

        public void Answer() => _answer.TrySetResult();

        public ValueTask DisposeAsync()
        {
            _stage.Provider.Api = null;
            _gone.TrySetResult();
            _answer.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
