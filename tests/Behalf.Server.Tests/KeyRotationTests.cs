using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

public sealed class KeyRotationTests(Stage stage) : IClassFixture<Stage>
{
    private const string User = "rotation";

    [Fact]
    public async Task Calls_GoOn_WhileTheDataKeyIsReplacedAndDestroyed()
    {
        await stage.ConnectAsync(User);
        await stage.ConnectAsync("rotation-2");
        string old = await KeyAsync("data", "active");

        await using Calls replacing = new(this);
        Reply rotated = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/keys:rotate",
            stage.Server.OperatorToken,
            """{"kind":"data"}"""
        );
        rotated.Status.Should().Be(200, rotated.Body);
        rotated.Json.GetProperty("state").GetString().Should().Be("prepared");
        string next = rotated.Json.GetProperty("id").GetString()!;

        await UntilAsync(async () => await KeyAsync("data", "active") == next);
        await replacing.EndAsync();
        stage.Server.Time.Advance(TimeSpan.FromMinutes(15)); // for what began before; it ends connections as well
        await using Calls destroying = new(this);
        Reply destroyed = null!;
        await UntilAsync(async () =>
        {
            destroyed = await DestroyAsync(old);
            return destroyed.Status == 200;
        });
        await destroying.EndAsync();

        (await stage.ExecuteAsync(User, "tracker_get_thing", new { thing = "1" })).Status.Should().Be(200);
        (await DestroyAsync(next)).ErrorCode.Should().Be("key_not_decrypt_only");
        JsonElement[] trail = await stage.AuditAsync("page_size=1000");
        trail
            .Select(record => record.GetProperty("action").GetString())
            .Should()
            .Contain(["key.prepared", "key.activated", "key.destroyed"]);
    }

    [Fact]
    public async Task KeyRing_IsTheOperators()
    {
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/keys", stage.Server.ServiceToken))
            .Status.Should()
            .Be(403);
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/keys", null)).Status.Should().Be(401);
        Reply keys = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/keys", stage.Server.OperatorToken);
        keys.Status.Should().Be(200);
        keys.Body.Should().NotContain("wrapped");
    }

    [Theory]
    [InlineData("mac")]
    [InlineData("Data")]
    [InlineData("root")]
    public async Task Kind_ThatIsNotRotated_IsRefused(string kind)
    {
        Reply refused = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/keys:rotate",
            stage.Server.OperatorToken,
            $$"""{"kind":"{{kind}}"}"""
        );

        refused.Status.Should().Be(400, refused.Body);
    }

    private async Task<int> CallAsync(CancellationToken done)
    {
        int count = 0;
        while (!done.IsCancellationRequested)
        {
            Reply reply = await stage.ExecuteAsync(
                count % 2 == 0 ? User : "rotation-2",
                "tracker_get_thing",
                new { thing = $"{count}" }
            );
            reply.Status.Should().Be(200, reply.Body);
            count++;
        }

        return count;
    }

    /// <summary>Each look moves the clock a little, so the server's background work has its turn.</summary>
    private Task UntilAsync(Func<Task<bool>> holds) =>
        Eventually.HoldsAsync(
            async () =>
            {
                if (await holds())
                {
                    return true;
                }

                stage.Server.Time.Advance(TimeSpan.FromSeconds(5));
                return false;
            },
            "it comes about"
        );

    /// <summary>Four callers, until they are told to end; each of them was answered then.</summary>
    private sealed class Calls : IAsyncDisposable
    {
        private readonly CancellationTokenSource _done = new();
        private readonly Task<int[]> _calls;

        public Calls(KeyRotationTests tests) =>
            _calls = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => tests.CallAsync(_done.Token)));

        public async Task EndAsync()
        {
            await _done.CancelAsync();
            (await _calls).Should().OnlyContain(count => count > 0);
        }

        public async ValueTask DisposeAsync()
        {
            await _done.CancelAsync();
            await _calls.ContinueWith(
                static _ => { },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            _done.Dispose();
        }
    }

    private Task<Reply> DestroyAsync(string key) =>
        stage.Server.SendAsync(HttpMethod.Delete, $"/api/v1/behalf/keys/{key}", stage.Server.OperatorToken);

    private async Task<string> KeyAsync(string kind, string state)
    {
        Reply keys = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/keys", stage.Server.OperatorToken);
        return keys
            .Json.GetProperty("keys")
            .EnumerateArray()
            .Single(key => key.GetProperty("kind").GetString() == kind && key.GetProperty("state").GetString() == state)
            .GetProperty("id")
            .GetString()!;
    }
}
