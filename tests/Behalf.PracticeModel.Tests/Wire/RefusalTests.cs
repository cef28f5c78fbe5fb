using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Behalf.PracticeModel.Tests.Infrastructure;

namespace Behalf.PracticeModel.Tests.Wire;

public sealed class RefusalTests(ModelApp model) : IClassFixture<ModelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"max_tokens":10,"messages":[{"role":"user","content":"x"}]}""", "model: Field required")]
    [InlineData("""{"model":"practice-1","messages":[{"role":"user","content":"x"}]}""", "max_tokens: Field required")]
    [InlineData(
        """{"model":"practice-1","max_tokens":0,"messages":[{"role":"user","content":"x"}]}""",
        "greater than or equal to 1"
    )]
    [InlineData("""{"model":"practice-1","max_tokens":10,"messages":[]}""", "at least one message")]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"assistant","content":"x"}]}""",
        "first message must use"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"system","content":"x"}]}""",
        "Unexpected role"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":""}]}""",
        "must be non-empty"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"surprise":1,"messages":[{"role":"user","content":"x"}]}""",
        "surprise: Extra inputs"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}""",
        "unexpected `tool_use_id`"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"n","input":{}}]},{"role":"user","content":"y"}]}""",
        "without `tool_result` blocks"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"n","input":{}},{"type":"tool_use","id":"a","name":"n","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}""",
        "must be unique"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"a.b","input_schema":{"type":"object"}}]}""",
        "tools.0.custom.name"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}]}""",
        "Tool names must be unique"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"a","input_schema":{"type":"object","properties":{"a.b":{}}}}]}""",
        "Property keys"
    )]
    [InlineData(
        """{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"auto"}}""",
        "while providing tools"
    )]
    [InlineData("[1]", "valid dictionary")]
    [InlineData("{", "not valid JSON")]
    public async Task BadRequest_IsRefusedWithTheReason(string body, string reason)
    {
        var (status, error) = await SendAsync(body);

        status.Should().Be(400);
        error.GetProperty("type").GetString().Should().Be("error");
        error.GetProperty("error").GetProperty("type").GetString().Should().Be("invalid_request_error");
        error.GetProperty("error").GetProperty("message").GetString().Should().Contain(reason);
    }

    [Theory]
    [InlineData("2026-10-21", 400)]
    [InlineData("2023-06-01", 200)]
    public async Task Temperature_IsRefusedFromTheVersionOnThatDroppedIt(string version, int expected)
    {
        var (status, _) = await SendAsync(
            """{"model":"practice-1","max_tokens":10,"temperature":0.5,"messages":[{"role":"user","content":"hello"}]}""",
            version
        );

        status.Should().Be(expected);
    }

    [Fact]
    public async Task NoCredential_Is401()
    {
        using var client = new HttpClient { BaseAddress = model.Url };

        using var response = await client.PostAsJsonAsync("/v1/messages", new { }, Cancellation);

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation))
            .GetProperty("error")
            .GetProperty("type")
            .GetString()
            .Should()
            .Be("authentication_error");
    }

    [Fact]
    public async Task UnknownModel_Is404()
    {
        var (status, error) = await SendAsync(
            """{"model":"gpt-9","max_tokens":10,"messages":[{"role":"user","content":"x"}]}"""
        );

        status.Should().Be(404);
        error.GetProperty("error").GetProperty("message").GetString().Should().Be("model: gpt-9");
    }

    [Fact]
    public async Task UnknownPath_Is404InTheSameShape()
    {
        using var response = await model.Http.GetAsync("/v1/nothing", Cancellation);

        response.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation))
            .GetProperty("error")
            .GetProperty("type")
            .GetString()
            .Should()
            .Be("not_found_error");
    }

    [Fact]
    public async Task BodyOverTheLimit_Is413()
    {
        var (status, error) = await SendAsync(
            $$"""{"model":"practice-1","max_tokens":10,"messages":[{"role":"user","content":"{{new string('x', 9 * 1024 * 1024)}}"}]}"""
        );

        status.Should().Be(413);
        error.GetProperty("error").GetProperty("type").GetString().Should().Be("request_too_large");
    }

    [Fact]
    public async Task DeepNesting_IsRefused()
    {
        var deep = new string('[', 200) + new string(']', 200);

        var (status, _) = await SendAsync($$"""{"model":"practice-1","max_tokens":10,"messages":{{deep}}}""");

        status.Should().Be(400);
    }

    [Fact]
    public async Task AnswerOverMaxTokens_IsCut()
    {
        model.Script.Enqueue(ScriptedResponse.Say("never used") with { WhenPromptContains = "not this prompt" });
        var (_, body) = await SendAsync(
            """{"model":"practice-1","max_tokens":2,"messages":[{"role":"user","content":"Delete the task Paint"}]}"""
        );

        body.GetProperty("stop_reason").GetString().Should().Be("max_tokens");
        body.GetProperty("content")[0].GetProperty("text").GetString().Should().HaveLength(8);
    }

    private async Task<(int Status, JsonElement Body)> SendAsync(string body, string version = "2023-06-01")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var client = new HttpClient { BaseAddress = model.Url };
        request.Headers.Add("x-api-key", "practice");
        request.Headers.Add("anthropic-version", version);
        using var response = await client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }
}
