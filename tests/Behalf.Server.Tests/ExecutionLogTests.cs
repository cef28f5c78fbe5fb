using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;

namespace Behalf.Server.Tests;

/// <summary>The log of calls and its figures, as the official SDKs read them.</summary>
public sealed class ExecutionLogTests(Stage stage) : IClassFixture<Stage>
{
    private async Task<JsonElement> GetAsync(string path, string? token = null)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/agentkit/{path}",
            token ?? stage.Server.ServiceToken
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private async Task<string> CallAsync(string user, string tool = "tracker_get_thing", int? status = null)
    {
        if (status is { } refused)
        {
            stage.Provider.AnswerNextApiRequest(OddReply.Json(refused, """{"error":"the provider's own words"}"""));
        }

        object arguments =
            tool == "tracker_create_thing" ? new { name = $"{Guid.NewGuid()}" } : new { thing = $"{Guid.NewGuid()}" };
        Reply reply = await stage.ExecuteAsync(user, tool, arguments);
        reply.Status.Should().Be(status ?? 200, reply.Body);
        return status is null
            ? reply.Json.GetProperty("execution_id").GetString()!
            : reply
                .Json.GetProperty("details")[0]
                .GetProperty("tool_error_info")
                .GetProperty("execution_id")
                .GetString()!;
    }

    private static string[] ExecutionsOf(JsonElement list) =>
        [
            .. list.TryGetProperty("tool_call_logs", out JsonElement logs)
                ? logs.EnumerateArray().Select(log => log.GetProperty("execution_id").GetString()!)
                : [],
        ];

    [Fact]
    public async Task Call_IsInTheLog_AsSoonAsItWasAnswered_WithoutTheProvidersWords()
    {
        string account = await stage.ConnectAsync("logs");
        string ok = await CallAsync("logs");
        string refused = await CallAsync("logs", status: 403);

        JsonElement first = await GetAsync($"tool_call_logs/{ok}");
        JsonElement second = await GetAsync($"tool_call_logs/{refused}");

        first.GetProperty("status").GetString().Should().Be("success");
        first.GetProperty("source").GetString().Should().Be("API");
        first.GetProperty("tool_name").GetString().Should().Be("tracker_get_thing");
        first.GetProperty("provider").GetString().Should().Be("tracker");
        first.GetProperty("connection_name").GetString().Should().Be("tracker");
        first.GetProperty("identifier").GetString().Should().Be("logs");
        first.GetProperty("connected_account_id").GetString().Should().Be(account);
        second.GetProperty("status").GetString().Should().Be("provider_error");
        second.GetProperty("error_tier").GetString().Should().Be("provider");
        second.GetProperty("error_code").GetString().Should().Be("no_permission");
        second.GetProperty("error_message").GetString().Should().Contain("403").And.NotContain("own words");
    }

    [Fact]
    public async Task ErrorMessage_IsWhatTheCallerWasTold_WhereErrorsAreLoggedInDetail()
    {
        await using Stage detailed = new();
        await detailed.InitializeAsync();
        Reply changed = await detailed.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/environments/default",
            detailed.Server.OperatorToken,
            """{"detailed_error_logging":true}"""
        );
        changed.Status.Should().Be(200, changed.Body);
        await detailed.ConnectAsync("told");
        detailed.Provider.AnswerNextApiRequest(OddReply.Json(403, """{"error":"no"}"""));
        Reply refused = await detailed.ExecuteAsync("told", "tracker_get_thing", new { thing = "1" });

        Reply list = await detailed.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/agentkit/tool_call_logs?identifier=told",
            detailed.Server.ServiceToken
        );

        JsonElement log = list.Json.GetProperty("tool_call_logs")[0];
        log.GetProperty("error_code").GetString().Should().Be("no_permission");
        log.GetProperty("error_message").GetString().Should().Be(refused.Json.GetProperty("message").GetString());
    }

    [Fact]
    public async Task List_IsNewestFirst_AndPages_BothWays()
    {
        await stage.ConnectAsync("pages");
        List<string> called = [];
        for (int i = 0; i < 5; i++)
        {
            called.Add(await CallAsync("pages"));
            stage.Server.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        called.Reverse();
        JsonElement first = await GetAsync("tool_call_logs?identifier=pages&page_size=2");
        JsonElement second = await PageAsync(first, "next_page_token");
        JsonElement third = await PageAsync(second, "next_page_token");
        JsonElement back = await PageAsync(third, "prev_page_token");

        ExecutionsOf(first).Should().Equal(called[..2]);
        ExecutionsOf(second).Should().Equal(called[2..4]);
        ExecutionsOf(third).Should().Equal(called[4..]);
        ExecutionsOf(back).Should().Equal(called[2..4]);
        first.GetProperty("total_size").GetInt64().Should().Be(5);
        third.GetProperty("next_page_token").GetString().Should().BeEmpty();
        Reply foreign = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/agentkit/tool_call_logs?page_token={first.GetProperty("next_page_token").GetString()}",
            stage.Server.ServiceToken
        );
        foreign.Status.Should().Be(400, "a token belongs to its filter");

        Task<JsonElement> PageAsync(JsonElement from, string token) =>
            GetAsync($"tool_call_logs?identifier=pages&page_size=2&page_token={from.GetProperty(token).GetString()}");
    }

    [Fact]
    public async Task UserSession_SeesItsOwnUsersCalls_AndNoOthers()
    {
        await stage.ConnectAsync("own");
        await stage.ConnectAsync("other");
        string own = await CallAsync("own");
        string others = await CallAsync("other");
        string session = (await stage.Server.SessionAsync("own")).GetProperty("token").GetString()!;

        ExecutionsOf(await GetAsync("tool_call_logs", session)).Should().Equal(own);
        (await GetAsync("analytics/overview", session)).GetProperty("total").GetInt64().Should().Be(1);
        foreach (
            (string path, int status) in new[]
            {
                ($"tool_call_logs/{others}", 404),
                ("tool_call_logs?identifier=other", 403),
            }
        )
        {
            Reply reply = await stage.Server.SendAsync(HttpMethod.Get, $"/api/v1/agentkit/{path}", session);
            reply.Status.Should().Be(status, reply.Body);
        }

        Reply foreign = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/agentkit/tool_call_logs/{own}",
            stage.Server.ForeignToken
        );
        foreign.Status.Should().Be(404, foreign.Body);
    }

    [Fact]
    public async Task Overview_CountsByStatusCodeConnectorAndTime()
    {
        await stage.ConnectAsync("counted");
        await CallAsync("counted");
        await CallAsync("counted", status: 403);
        string session = (await stage.Server.SessionAsync("counted")).GetProperty("token").GetString()!;

        JsonElement all = await GetAsync("analytics/overview", session);
        JsonElement failed = await GetAsync("analytics/overview?status=provider_error&status=platform_error", session);

        all.GetProperty("total").GetInt64().Should().Be(2);
        all.GetProperty("success").GetInt64().Should().Be(1);
        all.GetProperty("provider_errors").GetInt64().Should().Be(1);
        all.GetProperty("top_error_codes")[0].GetProperty("error_code").GetString().Should().Be("no_permission");
        all.GetProperty("connector_breakdown")[0].GetProperty("provider").GetString().Should().Be("tracker");
        JsonElement[] series = [.. all.GetProperty("time_series").EnumerateArray()];
        series.Length.Should().BeInRange(2, 30);
        series.Sum(bucket => bucket.GetProperty("total").GetInt64()).Should().Be(2);
        failed.GetProperty("total").GetInt64().Should().Be(1);
        Reply backwards = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/agentkit/analytics/overview?start_time=2026-11-24T00:00:00Z&end_time=2026-11-23T00:00:00Z",
            stage.Server.ServiceToken
        );
        backwards.Status.Should().Be(400, backwards.Body);
    }
}
