using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

public sealed class FaultTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public async Task AStatusFault_HitsOnlyWhatItMatches_AndOnlyThatOften()
    {
        await RuleAsync(
            """{"match":{"method":"GET","path_prefix":"/api/1.0/users","user":"bob"},"times":2,"kind":"status","status":429,"retry_after":7}"""
        );
        (await sandbox.As("alice").GetAsync("/users/me")).Status.Should().Be(200);
        for (var i = 0; i < 2; i++)
        {
            var refused = await sandbox.As("bob").GetAsync("/users/me");
            refused.Status.Should().Be(429);
            refused.RetryAfter.Should().Be("7");
            refused.Message.Should().StartWith("You've made too many requests");
        }
        (await sandbox.As("bob").GetAsync("/users/me")).Status.Should().Be(200);
    }

    [Fact]
    public async Task ADropBefore_DoesNothing_AndADropAfterDoesItSilently()
    {
        var task = new JsonObject { ["name"] = "Dropped", ["workspace"] = sandbox.Gid("acme") };
        foreach (var (kind, expected) in new[] { ("drop_before", 0), ("drop_after", 1) })
        {
            await RuleAsync($$$"""{"match":{"method":"POST","user":"erin"},"kind":"{{{kind}}}"}""");
            var sending = () => sandbox.As("erin").PostAsync("/tasks", task.DeepClone().AsObject());
            await sending.Should().ThrowAsync<HttpRequestException>();
            var tasks = (await sandbox.JudgeAsync("/_sandbox/data"))["tasks"]!.AsArray();
            tasks.Count(t => t!["name"]!.GetValue<string>() == "Dropped").Should().Be(expected, kind);
        }
    }

    [Fact]
    public async Task OtherFaults_ArriveAsTheyWould()
    {
        await RuleAsync("""{"match":{"user":"carol"},"kind":"html","status":503}""");
        var html = await sandbox.As("carol").GetAsync("/users/me");
        html.Status.Should().Be(503);
        html.Text.Should().StartWith("<!doctype html>");
        await RuleAsync("""{"match":{"user":"carol"},"kind":"truncate"}""");
        var truncated = () => sandbox.As("carol").GetAsync("/users/me");
        await truncated.Should().ThrowAsync<HttpRequestException>();
        await RuleAsync("""{"match":{"user":"carol"},"kind":"slow_body","delay_ms":0}""");
        (await sandbox.As("carol").GetAsync("/users/me")).Data["name"]!.GetValue<string>().Should().Be("Carol Clark");
        await RuleAsync("""{"match":{"user":"carol"},"kind":"status","status":500}""");
        (await sandbox.As("carol").GetAsync("/users/me")).Json["errors"]![0]!["phrase"].Should().NotBeNull();
    }

    [Fact]
    public async Task ADelay_LastsOnTheSandboxesClock()
    {
        await RuleAsync("""{"match":{"user":"dave"},"kind":"delay","delay_ms":60000}""");
        var waiting = sandbox.As("dave").GetAsync("/users/me");
        await WaitUntilTakenAsync();
        waiting.IsCompleted.Should().BeFalse();
        while (!waiting.IsCompleted)
        {
            sandbox.Time.Advance(TimeSpan.FromSeconds(60));
            await Task.WhenAny(
                waiting,
                Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken)
            );
        }
        (await waiting).Status.Should().Be(200);
    }

    [Theory]
    [InlineData("""{"rules":[{"kind":"explode"}]}""")]
    [InlineData("""{"rules":[{"kind":"status"}]}""")]
    [InlineData("""{"rules":[{"kind":"html","times":0}]}""")]
    [InlineData("""{"rotation":"sometimes"}""")]
    [InlineData("""{"rule":[]}""")]
    public async Task AFaultThatMakesNoSense_IsRefused(string body) =>
        (await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/faults", JsonNode.Parse(body))).Status.Should().Be(400);

    [Fact]
    public async Task TheLog_TellsWhoAskedWhat_AndNoSecret()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var tokens = await app.TokensAsync("alice");
        var (access, refresh) = (
            tokens["access_token"]!.GetValue<string>(),
            tokens["refresh_token"]!.GetValue<string>()
        );
        await sandbox.With(access).GetAsync("/users/me?opt_fields=name");
        await app.RefreshAsync(refresh);
        var log = await sandbox.JudgeAsync("/_sandbox/requests");
        var entries = log["requests"]!.AsArray();
        var me = entries.Last(e => e!["path"]!.GetValue<string>() == "/api/1.0/users/me?opt_fields=name")!;
        me["user"]!.GetValue<string>().Should().Be("alice");
        me["client_id"]!.GetValue<string>().Should().Be(app.ClientId);
        me["status"]!.GetValue<int>().Should().Be(200);
        me["body"]!.GetValue<string>().Should().Contain("Alice Adams");
        entries[^1]!["path"]!.GetValue<string>().Should().Be("/-/oauth_token");
        entries[^1]!["user"]!.GetValue<string>().Should().Be("alice");
        var text = log.ToJsonString();
        text.Should()
            .NotContain(access)
            .And.NotContain(refresh)
            .And.NotContain(app.ClientSecret)
            .And.NotContain("practice-code")
            .And.NotContain("alice-practice");
        var last = entries[^1]!["sequence"]!.GetValue<long>();
        (await sandbox.JudgeAsync($"/_sandbox/requests?since={last - 1}"))["requests"]![0]!["sequence"]!
            .GetValue<long>()
            .Should()
            .Be(last);
    }

    private async Task RuleAsync(string rule) =>
        (await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/faults", new JsonArray(JsonNode.Parse(rule))))
            .Status.Should()
            .Be(200);

    private async Task WaitUntilTakenAsync()
    {
        while (
            (await sandbox.JudgeAsync("/_sandbox/faults"))["rules"]!
                .AsArray()
                .Any(r => r!["match"]!["user"]?.GetValue<string>() == "dave")
        )
        {
            await Task.Yield();
        }
    }
}
