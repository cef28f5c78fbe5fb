using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.Sandbox.Tests;

public sealed class WebhookTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AWebhook_ShakesHands_AndDeliversSignedWhatItsOwnerSees()
    {
        await using var receiver = await Receiver.StartAsync(echo: true);
        var made = await sandbox
            .As("alice")
            .PostAsync(
                "/webhooks",
                new JsonObject { ["resource"] = sandbox.Gid("website"), ["target"] = receiver.Url }
            );
        made.Status.Should().Be(201, made.Text);
        var secret = (string)made.Json["X-Hook-Secret"]!;
        receiver.Secret.Should().Be(secret);
        var heartbeat = await receiver.NextAsync();
        heartbeat.Body.Should().Be("""{"events":[]}""");

        var task = await sandbox
            .As("alice")
            .PostAsync(
                "/tasks",
                new JsonObject { ["name"] = "Told", ["projects"] = new JsonArray(sandbox.Gid("website")) }
            );
        var delivery = await receiver.NextAsync();

        delivery
            .Signature.Should()
            .Be(
                Convert.ToHexStringLower(
                    HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(delivery.Body))
                )
            );
        JsonNode.Parse(delivery.Body)!["events"]![0]!["resource"]!["gid"]!.GetValue<string>().Should().NotBeEmpty();
        task.Status.Should().Be(201);
        var path = $"/webhooks/{made.Data["gid"]}";
        (await sandbox.As("bob").GetAsync(path)).Status.Should().Be(403, "it is its maker's alone");
        (await sandbox.As("alice").DeleteAsync(path)).Status.Should().Be(200);
    }

    [Theory]
    [InlineData(false, "The remote server did not respond with the handshake secret.")]
    [InlineData(null, "target: The practice Asana delivers to this machine only")]
    public async Task AWebhook_IsNotMade_WithoutAHandshakeOrElsewhere(bool? echo, string message)
    {
        await using var receiver = await Receiver.StartAsync(echo ?? true);
        var target = echo is null ? "https://example.com/hook" : receiver.Url;

        var answer = await sandbox
            .As("alice")
            .PostAsync("/webhooks", new JsonObject { ["resource"] = sandbox.Gid("website"), ["target"] = target });

        (answer.Status, answer.Message).Should().Be((400, message));
    }

    [Fact]
    public async Task AWebhook_IsKeptAlive_TriedAgain_AndEndedAfterADayOfFailure()
    {
        await using var receiver = await Receiver.StartAsync(echo: true);
        var made = await sandbox
            .As("alice")
            .PostAsync(
                "/webhooks",
                new JsonObject { ["resource"] = sandbox.Gid("website"), ["target"] = receiver.Url }
            );
        var path = $"/webhooks/{made.Data["gid"]}";
        await receiver.NextAsync();
        await UntilAsync(path, hook => hook["last_success_at"] is not null);

        await AdvanceUntilAsync(TimeSpan.FromHours(8), () => Task.FromResult(receiver.Waiting > 0));
        (await receiver.NextAsync()).Body.Should().Be("""{"events":[]}""", "that is the heartbeat");

        receiver.IsDown = true;
        (
            await sandbox
                .As("alice")
                .PostAsync(
                    "/tasks",
                    new JsonObject { ["name"] = "Told late", ["projects"] = new JsonArray(sandbox.Gid("website")) }
                )
        )
            .Status.Should()
            .Be(201);
        await UntilAsync(path, hook => hook["last_failure_content"]?.ToString() == "The target answered 503.");
        receiver.IsDown = false;
        await AdvanceUntilAsync(TimeSpan.FromMinutes(2), () => Task.FromResult(receiver.Waiting > 0));
        (await receiver.NextAsync()).Body.Should().Contain("\"action\":\"added\"");

        receiver.IsDown = true;
        await AdvanceUntilAsync(
            TimeSpan.FromHours(8),
            async () => (await sandbox.As("alice").GetAsync(path)).Status == 404
        );
    }

    private Task UntilAsync(string path, Func<JsonNode, bool> holds) =>
        Eventually.HoldsAsync(
            async () => holds((await sandbox.As("alice").GetAsync(path)).Data),
            "the webhook says what it should"
        );

    /// <summary>The sandbox's own clock; what it leads to happens on other threads.</summary>
    private Task AdvanceUntilAsync(TimeSpan step, Func<Task<bool>> condition) =>
        Eventually.HoldsAsync(
            async () =>
            {
                if (await condition())
                {
                    return true;
                }

                sandbox.Time.Advance(step);
                return false;
            },
            "the sandbox's clock has led to it"
        );

    private sealed record Delivery(string Body, string Signature);

    private sealed class Receiver : IAsyncDisposable
    {
        private readonly Channel<Delivery> _deliveries = Channel.CreateUnbounded<Delivery>();
        private readonly WebApplication _app;

        private Receiver(WebApplication app) => _app = app;

        public string Url => _app.Urls.First() + "/hook";

        public string? Secret { get; private set; }

        /// <value>True: everything but a handshake is answered with 503.</value>
        public bool IsDown { get; set; }

        public int Waiting => _deliveries.Reader.Count;

        public static async Task<Receiver> StartAsync(bool echo)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Configuration["urls"] = "http://127.0.0.1:0";
            var receiver = new Receiver(builder.Build());
            receiver._app.MapPost("/hook", (HttpContext http) => receiver.TakeAsync(http, echo));
            await receiver._app.StartAsync(Cancellation);
            return receiver;
        }

        public async Task<Delivery> NextAsync() =>
            await _deliveries.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task TakeAsync(HttpContext http, bool echo)
        {
            if (http.Request.Headers["X-Hook-Secret"].ToString() is { Length: > 0 } secret)
            {
                Secret = secret;
                if (echo)
                {
                    http.Response.Headers["X-Hook-Secret"] = secret;
                }
                return;
            }
            if (IsDown)
            {
                http.Response.StatusCode = 503;
                return;
            }
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync(http.RequestAborted);
            _deliveries.Writer.TryWrite(new Delivery(body, http.Request.Headers["X-Hook-Signature"].ToString()));
        }
    }
}
