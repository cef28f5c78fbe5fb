using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary><c>notifications/tools/list_changed</c>, for those who listen, in both generations of the wire.</summary>
public sealed class McpListChangeTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string Changed = "notifications/tools/list_changed";

    [Theory]
    [InlineData(Old, "offer")]
    [InlineData(New, "offer")]
    [InlineData(Old, "revoke")]
    [InlineData(New, "revoke")]
    public async Task Change_IsTold(string version, string change)
    {
        string user = $"alice-{change}-{version}";
        Visitor alice = await stage.VisitorAsync(user, version);
        await using EventStream stream = await ListenAsync(alice);

        if (change == "offer")
        {
            await stage.OfferAsync(alice, """["tracker_get_thing"]""");
        }
        else
        {
            await stage.RevokeAsync(user);
        }

        JsonElement told = await stream.NextAsync(stage.Server.Time);
        told.GetProperty("method").GetString().Should().Be(Changed);
        if (version == New)
        {
            Subscription(told).Should().NotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task Connecting_IsTold()
    {
        Visitor alice = await stage.VisitorAsync("alice-connects", New);
        await stage.RevokeAsync("alice-connects");
        await using EventStream stream = await ListenAsync(alice);

        await stage.ConnectAsync("alice-connects");

        (await stream.NextAsync(stage.Server.Time)).GetProperty("method").GetString().Should().Be(Changed);
    }

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task SignOutEverywhere_EndsTheStream_WithinASecond(string version)
    {
        string user = $"alice-out-{version}";
        Visitor alice = await stage.VisitorAsync(user, version);
        await using EventStream stream = await ListenAsync(alice);

        Reply signedOut = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:sign_out",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { identifier = user })
        );

        signedOut.Status.Should().Be(200, signedOut.Body);
        await stream.EndAsync(stage.Server.Time);
        stream.Rest().Should().NotContain(told => IsChange(told), "who is out hears nothing more");
    }

    [Fact]
    public async Task OneWhoDidNotAsk_HearsNothing()
    {
        Visitor alice = await stage.VisitorAsync("alice-deaf", New);
        using HttpRequestMessage request = alice.Request(
            "subscriptions/listen",
            new JsonObject { ["notifications"] = new JsonObject { ["promptsListChanged"] = true } }
        );

        await using EventStream stream = await EventStream.OpenAsync(stage.Server.Http, request);

        JsonElement granted = await stream.NextAsync(stage.Server.Time);
        granted.GetProperty("params").GetProperty("notifications").EnumerateObject().Should().BeEmpty();
        await stream.EndAsync(stage.Server.Time);
        stream.Rest().Should().ContainSingle().Which.TryGetProperty("result", out _).Should().BeTrue();
    }

    [Fact]
    public async Task TooManyStreamsOfOne_AreRefused_AndClosedOnesMakeRoom()
    {
        Visitor alice = await stage.VisitorAsync("alice-many", Old);
        List<EventStream> streams = [];
        for (int i = 0; i < 8; i++)
        {
            streams.Add(await ListenAsync(alice));
        }

        using HttpRequestMessage ninth = alice.StreamRequest();
        Reply refused = await stage.Server.SendAsync(ninth);
        foreach (EventStream stream in streams)
        {
            await stream.DisposeAsync();
        }

        refused.Status.Should().Be(429, refused.Body);
        refused.Headers.Should().ContainKey("Retry-After");
        await Eventually.HoldsAsync(
            async () =>
            {
                using HttpRequestMessage again = alice.StreamRequest();
                using HttpResponseMessage answer = await stage.Server.Http.SendAsync(
                    again,
                    HttpCompletionOption.ResponseHeadersRead,
                    TestContext.Current.CancellationToken
                );
                return (int)answer.StatusCode == 200;
            },
            "a closed stream has made room"
        );
    }

    [Fact]
    public async Task QuietStream_IsKeptAlive_ThroughProxies()
    {
        Visitor alice = await stage.VisitorAsync("alice-quiet", Old);
        await using EventStream stream = await ListenAsync(alice);
        stream.Headers.GetValues("X-Accel-Buffering").Should().Equal("no");
        stream.Headers.CacheControl!.NoStore.Should().BeTrue();
        int seconds = 0;

        await Eventually.HoldsAsync(
            async () =>
            {
                if (stream.Comments.Contains("still listening"))
                {
                    return true;
                }

                stage.Server.Time.Advance(TimeSpan.FromSeconds(1));
                seconds++;
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation); // for its look
                return false;
            },
            "the stream says that it is there"
        );

        stream.Comments.First().Should().Be("listening");
        seconds.Should().BeGreaterThanOrEqualTo(25, "it says so seldom");
        stream.Rest().Should().BeEmpty("nothing has changed");
    }

    [Theory]
    [InlineData(New, "text/event-stream", 405)]
    [InlineData(Old, "application/json", 406)]
    public async Task OtherStreams_AreNotThere(string version, string accept, int status)
    {
        Visitor alice = await stage.VisitorAsync($"alice-{status}", version);
        using HttpRequestMessage request = alice.StreamRequest();
        request.Headers.Accept.Clear();
        request.Headers.Accept.ParseAdd(accept);

        (await stage.Server.SendAsync(request)).Status.Should().Be(status);
    }

    private async Task<EventStream> ListenAsync(Visitor visitor)
    {
        if (visitor.Version == Old)
        {
            using HttpRequestMessage stream = visitor.StreamRequest();
            return await EventStream.OpenAsync(stage.Server.Http, stream);
        }

        using HttpRequestMessage request = visitor.Request(
            "subscriptions/listen",
            new JsonObject { ["notifications"] = new JsonObject { ["toolsListChanged"] = true } }
        );
        EventStream subscribed = await EventStream.OpenAsync(stage.Server.Http, request);
        JsonElement first = await subscribed.NextAsync(stage.Server.Time);
        first.GetProperty("method").GetString().Should().Be("notifications/subscriptions/acknowledged");
        first
            .GetProperty("params")
            .GetProperty("notifications")
            .GetProperty("toolsListChanged")
            .GetBoolean()
            .Should()
            .BeTrue();
        Subscription(first).Should().NotBeNullOrEmpty();
        return subscribed;
    }

    private static bool IsChange(JsonElement message) =>
        message.TryGetProperty("method", out JsonElement method) && method.GetString() == Changed;

    private static string? Subscription(JsonElement message) =>
        message
            .GetProperty("params")
            .GetProperty("_meta")
            .GetProperty("io.modelcontextprotocol/subscriptionId")
            .GetRawText();
}
