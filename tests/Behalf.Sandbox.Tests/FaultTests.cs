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
        await AdvanceUntilDoneAsync(waiting);
        (await waiting).Status.Should().Be(200);
    }

    [Theory]
    [InlineData("GET", "concurrent_reads")]
    [InlineData("POST", "concurrent_writes")]
    public async Task TooManyRequestsOfAToken_AreRefused_EachKindByItself(string method, string limit)
    {
        await SetAsync($$"""{"{{limit}}":1,"rules":[{"match":{"user":"dave"},"kind":"delay","delay_ms":60000}]}""");
        var task = new JsonObject { ["name"] = "At once", ["workspace"] = sandbox.Gid("acme") };
        Task<ApiResponse> Send() =>
            method == "GET"
                ? sandbox.As("dave").GetAsync("/users/me")
                : sandbox.As("dave").PostAsync("/tasks", task.DeepClone().AsObject());
        var waiting = Send();
        await WaitUntilTakenAsync();

        var refused = await Send();
        refused.Status.Should().Be(429);
        refused.RetryAfter.Should().BeNull("that limit names no time");
        (await sandbox.As("alice").GetAsync("/users/me")).Status.Should().Be(200, "others are not held back");
        var other =
            method == "GET"
                ? await sandbox.As("dave").PostAsync("/tasks", task.DeepClone().AsObject())
                : await sandbox.As("dave").GetAsync("/users/me");
        other.Status.Should().BeLessThan(300, "reads and writes are counted apart");

        await AdvanceUntilDoneAsync(waiting);
        (await waiting).Status.Should().BeLessThan(300);
        (await Send()).Status.Should().BeLessThan(300, "the place is free again");
        await ClearAsync();
    }

    [Fact]
    public async Task AMinutesLimit_AndSearchsLag_AreSet_AndCleared()
    {
        (await SetAsync("""{"requests_per_minute":0,"search_lag_seconds":0}""")).Json["search_lag_seconds"]!
            .GetValue<int>()
            .Should()
            .Be(0);
        var refused = await sandbox.As("erin").GetAsync("/users/me");
        refused.Status.Should().Be(429);
        int.Parse(refused.RetryAfter!, System.Globalization.CultureInfo.InvariantCulture).Should().BeInRange(1, 60);
        await SetAsync("""{"requests_per_minute":1000}""");

        await sandbox
            .As("alice")
            .PostAsync("/tasks", new JsonObject { ["name"] = "Seen at once", ["workspace"] = sandbox.Gid("acme") });
        var path = $"/workspaces/{sandbox.Gid("acme")}/tasks/search?text=Seen%20at%20once";
        (await sandbox.As("alice").GetAsync(path)).Json["data"]!.AsArray().Should().ContainSingle();
        await SetAsync("""{"search_lag_seconds":60}""");
        (await sandbox.As("alice").GetAsync(path)).Json["data"]!.AsArray().Should().BeEmpty();
        sandbox.Time.Advance(TimeSpan.FromSeconds(61));
        (await sandbox.As("alice").GetAsync(path)).Json["data"]!.AsArray().Should().ContainSingle();

        await ClearAsync();
        (await sandbox.JudgeAsync("/_sandbox/faults"))["search_lag_seconds"]!.GetValue<int>().Should().Be(10);
    }

    [Fact]
    public async Task ABlockedApp_FindsNothingOfTheWorkspace_AndIsToldSoByA401()
    {
        var app = await Consent.RegisterAsync(sandbox);
        var client = sandbox.With((await app.TokensAsync("alice"))["access_token"]!.GetValue<string>());
        var (workspace, task) = (sandbox.Gid("acme"), sandbox.Gid("website"));
        var before = (await client.GetAsync("/workspaces")).Json["data"]!.AsArray().Count;

        await SetAsync($$"""{"blocked_apps":[{"client_id":"{{app.ClientId}}","workspace":"acme"}]}""");

        (await client.GetAsync("/workspaces")).Json["data"]!.AsArray().Count.Should().Be(before - 1);
        (await client.GetAsync($"/projects/{task}")).Status.Should().Be(401);
        (await client.GetAsync($"/tasks?assignee=me&workspace={workspace}")).Status.Should().Be(401);
        (await client.GetAsync("/users/me")).Status.Should().Be(200, "the token itself is good");
        (await sandbox.As("alice").GetAsync($"/projects/{task}")).Status.Should().Be(200, "another app is not blocked");
        await SetAsync($$"""{"blocked_apps":[{"client_id":"{{app.ClientId}}","workspace":"acme","blocked":false}]}""");
        (await client.GetAsync($"/projects/{task}")).Status.Should().Be(200);
    }

    [Theory]
    [InlineData("""{"search_lag_seconds":9999}""")]
    [InlineData("""{"concurrent_reads":-1}""")]
    [InlineData("""{"blocked_apps":[{"client_id":"none","workspace":"acme"}]}""")]
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

    private async Task<ApiResponse> SetAsync(string body)
    {
        var answer = await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/faults", JsonNode.Parse(body));
        answer.Status.Should().Be(200, answer.Text);
        return answer;
    }

    private async Task ClearAsync() =>
        (await sandbox.JudgeAsync(HttpMethod.Delete, "/_sandbox/faults")).Status.Should().Be(200);

    private async Task RuleAsync(string rule) =>
        (await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/faults", new JsonArray(JsonNode.Parse(rule))))
            .Status.Should()
            .Be(200);

    private Task WaitUntilTakenAsync() =>
        Eventually.HoldsAsync(
            async () =>
                !(await sandbox.JudgeAsync("/_sandbox/faults"))["rules"]!
                    .AsArray()
                    .Any(r => r!["match"]!["user"]?.GetValue<string>() == "dave"),
            "the delay has taken its request"
        );

    private Task AdvanceUntilDoneAsync(Task waiting) =>
        Eventually.HoldsAsync(
            () =>
            {
                sandbox.Time.Advance(TimeSpan.FromSeconds(60));
                return waiting.IsCompleted;
            },
            "the delayed request is answered"
        );
}
