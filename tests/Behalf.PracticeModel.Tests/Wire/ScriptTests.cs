using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.PracticeModel.Tests.Infrastructure;

namespace Behalf.PracticeModel.Tests.Wire;

public sealed class ScriptTests(ModelApp model) : IClassFixture<ModelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostedScript_IsPlayedInOrder_ThenPlanningResumes()
    {
        await ScriptAsync(
            """[{"content":[{"type":"text","text":"one"}],"when_prompt_contains":"order"},{"content":[{"type":"text","text":"two"}],"stop_reason":"refusal","when_prompt_contains":"order"}]"""
        );

        var first = (await AskAsync("order")).Body;
        var second = (await AskAsync("order")).Body;
        var third = (await AskAsync("order")).Body;

        Text(first).Should().Be("one");
        Text(second).Should().Be("two");
        second.GetProperty("stop_reason").GetString().Should().Be("refusal");
        Text(third).Should().Contain("practice model");
    }

    [Fact]
    public async Task CutStream_EndsAfterThatManyEvents()
    {
        await ScriptAsync(
            """{"content":[{"type":"tool_use","name":"x","input":{"a":"a long enough value to need several deltas"}}],"cut_after_events":5,"when_prompt_contains":"cut"}"""
        );

        var events = await StreamAsync("cut");

        events.Split("event: ", StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(5);
        events.Should().NotContain("content_block_stop").And.NotContain("message_stop");
    }

    [Fact]
    public async Task ResetConnection_IsAnErrorOfTheTransport()
    {
        await ScriptAsync(
            """{"content":[{"type":"text","text":"never whole"}],"cut_after_events":2,"reset_connection":true,"when_prompt_contains":"reset"}"""
        );

        var read = () => StreamAsync("reset");

        (await read.Should().ThrowAsync<Exception>())
            .Which.Should()
            .Match(error => error is IOException || error is HttpRequestException);
    }

    [Fact]
    public async Task ErrorInMidStream_IsAnErrorEvent()
    {
        await ScriptAsync(
            """{"content":[{"type":"text","text":"beginning"}],"error":{"status":529,"message":"Overloaded","after_events":3},"when_prompt_contains":"mid"}"""
        );

        var events = await StreamAsync("mid");

        events.Should().Contain("event: error").And.Contain("overloaded_error").And.NotContain("message_stop");
    }

    [Fact]
    public async Task HttpError_CarriesStatusTypeAndRetryAfter()
    {
        await ScriptAsync(
            """{"error":{"status":429,"message":"Slow down","retry_after":3},"when_prompt_contains":"limit"}"""
        );

        var (status, body) = await AskAsync("limit");

        status.Should().Be(429);
        body.GetProperty("error").GetProperty("type").GetString().Should().Be("rate_limit_error");
    }

    [Fact]
    public async Task BadScript_IsRefusedWithTheReason()
    {
        using var response = await model.Http.PostAsync(
            "/_practice/script",
            JsonContent.Create(new { content = new[] { new { type = "image" } } }),
            Cancellation
        );

        ((int)response.StatusCode).Should().Be(400);
        (await response.Content.ReadAsStringAsync(Cancellation)).Should().Contain("image");
    }

    [Fact]
    public async Task SeenRequests_ShowTheBodyAndNoCredential()
    {
        await AskAsync("remember this prompt");

        var seen = await model.Http.GetStringAsync("/_practice/requests", Cancellation);

        seen.Should().Contain("remember this prompt").And.NotContain("x-api-key").And.NotContain("\"practice\"");
    }

    [Fact]
    public async Task Delay_FollowsTheClock()
    {
        await ScriptAsync(
            """{"content":[{"type":"text","text":"late"}],"delay_ms":60000,"when_prompt_contains":"delay"}"""
        );

        var answer = AskAsync("delay");
        while (!answer.IsCompleted)
        {
            model.Clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        Text((await answer).Body).Should().Be("late");
    }

    private static string Text(JsonElement body) => body.GetProperty("content")[0].GetProperty("text").GetString()!;

    private Task<(int Status, JsonElement Body)> AskAsync(string prompt) =>
        model.PostAsync(Request(prompt, stream: false));

    private async Task<string> StreamAsync(string prompt)
    {
        using var response = await model.Http.PostAsJsonAsync(
            "/v1/messages",
            Request(prompt, stream: true),
            Cancellation
        );
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static JsonObject Request(string prompt, bool stream) =>
        new()
        {
            ["model"] = "practice-1",
            ["max_tokens"] = 500,
            ["stream"] = stream,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        };

    private async Task ScriptAsync(string json)
    {
        using var content = new StringContent(json);
        using var response = await model.Http.PostAsync("/_practice/script", content, Cancellation);
        response.IsSuccessStatusCode.Should().BeTrue(await response.Content.ReadAsStringAsync(Cancellation));
    }
}
