using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary><c>POST /api/v1/behalf/explain</c>: whether a user may call a tool, and why, through the door.</summary>
public sealed class ExplainDoorTests(Stage stage) : IClassFixture<Stage>
{
    private static readonly string[] Order = ["policy", "account", "scopes", "arguments", "provider"];

    [Fact]
    public async Task EachFence_SaysItsVerdict_AndSinceWhenItIsKnown_AndNothingIsSent()
    {
        await stage.ConnectAsync("alice-explain");
        int before = stage.CountApiRequests();

        JsonElement told = await ExplainAsync("alice-explain", "tracker_get_thing", new { thing = "7" });

        told.GetProperty("verdict").GetString().Should().Be("unknown", "only the provider knows the user's role there");
        told.GetProperty("connector").GetString().Should().Be("tracker");
        ChecksOf(told).Select(check => check.GetProperty("check").GetString()).Should().Equal(Order);
        ChecksOf(told).Should().OnlyContain(check => check.GetProperty("message").GetString()!.Length > 10);
        ChecksOf(told)
            .SkipLast(1)
            .Should()
            .OnlyContain(check => check.GetProperty("known_at").GetDateTime().Year > 2000);
        ChecksOf(told)[^1].TryGetProperty("known_at", out JsonElement asked).Should().BeFalse(asked.ToString());
        stage.CountApiRequests().Should().Be(before, "nothing is called");
    }

    [Fact]
    public async Task TheSameCall_OnceMade_IsToldWithItsAge()
    {
        await stage.ConnectAsync("bob-explain");
        (await stage.ExecuteAsync("bob-explain", "tracker_get_thing", new { thing = "8" })).Status.Should().Be(200);

        JsonElement told = await ExplainAsync("bob-explain", "tracker_get_thing", new { thing = "8" });

        told.GetProperty("verdict").GetString().Should().Be("allowed");
        ChecksOf(told)[^1].GetProperty("known_at").GetDateTime().Should().BeOnOrBefore(AtOf(told));
    }

    [Theory]
    [InlineData("tracker_delete_thing", """{"thing":"7","confirm":true}""", "scopes", "scope_missing")]
    [InlineData("tracker_get_thing", """{"thing":7}""", "arguments", "invalid_argument")]
    [InlineData("tracker_nothing", "{}", "tool", "not_found")]
    public async Task WhatStandsInTheWay_IsNamed(string tool, string arguments, string check, string code)
    {
        await stage.ConnectAsync("carol-explain");

        JsonElement told = await ExplainAsync("carol-explain", tool, JsonDocument.Parse(arguments).RootElement);

        told.GetProperty("verdict").GetString().Should().Be("refused");
        JsonElement refused = ChecksOf(told).Single(one => one.GetProperty("verdict").GetString() == "refused");
        (refused.GetProperty("check").GetString(), refused.GetProperty("code").GetString()).Should().Be((check, code));
    }

    [Fact]
    public async Task WhoIsNotConnected_IsToldSo()
    {
        JsonElement told = await ExplainAsync("dave-explain", "tracker_get_thing", new { thing = "7" });

        JsonElement account = ChecksOf(told).Single(one => one.GetProperty("check").GetString() == "account");
        account.GetProperty("verdict").GetString().Should().Be("refused");
        account.GetProperty("message").GetString().Should().Contain("dave-explain");
    }

    [Fact]
    public async Task AUserBoundCredential_ExplainsItsOwnUserOnly()
    {
        await stage.ConnectAsync("erin-explain");
        string token = (await stage.Server.SessionAsync("erin-explain")).GetProperty("token").GetString()!;

        (await PostAsync(token, "", "tracker_get_thing", new { thing = "7" })).Status.Should().Be(200);
        (await PostAsync(token, "alice-explain", "tracker_get_thing", new { thing = "7" })).Status.Should().Be(403);
    }

    private async Task<JsonElement> ExplainAsync(string identifier, string tool, object arguments)
    {
        Reply reply = await PostAsync(stage.Server.ServiceToken, identifier, tool, arguments);
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private Task<Reply> PostAsync(string token, string identifier, string tool, object arguments) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/explain",
            token,
            JsonSerializer.Serialize(
                new
                {
                    identifier,
                    tool_name = tool,
                    @params = arguments,
                }
            )
        );

    private static JsonElement[] ChecksOf(JsonElement told) => [.. told.GetProperty("checks").EnumerateArray()];

    private static DateTime AtOf(JsonElement told) => told.GetProperty("explained_at").GetDateTime();
}
