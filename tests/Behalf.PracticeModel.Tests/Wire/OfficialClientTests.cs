using Anthropic;
using Anthropic.Models.Messages;
using Behalf.PracticeModel.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace Behalf.PracticeModel.Tests.Wire;

/// <summary>The official package, directly and as <see cref="IChatClient"/>, against the practice model over HTTP.</summary>
public sealed class OfficialClientTests(ModelApp model) : IClassFixture<ModelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AnthropicClient Client(bool bearer = false) =>
        bearer
            ? new AnthropicClient
            {
                BaseUrl = model.Url.ToString().TrimEnd('/'),
                AuthToken = "practice",
                MaxRetries = 0,
            }
            : new AnthropicClient
            {
                BaseUrl = model.Url.ToString().TrimEnd('/'),
                ApiKey = "practice",
                MaxRetries = 0,
            };

    private static MessageCreateParams Prompt(string prompt) =>
        new()
        {
            Model = "practice-1",
            MaxTokens = 500,
            Messages = [new UserMessageParam(prompt)],
        };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Message_IsUnderstood(bool bearer)
    {
        model.Script.Enqueue(ScriptedResponse.Say("Good morning.") with { WhenPromptContains = $"plain {bearer}" });

        var message = await Client(bearer).Messages.Create(Prompt($"plain {bearer}"), Cancellation);

        message.Content[0].TryPickText(out var text).Should().BeTrue();
        text!.Text.Should().Be("Good morning.");
        message.StopReason!.Raw().Should().Be("end_turn");
        message.Usage.OutputTokens.Should().BePositive();
    }

    [Fact]
    public async Task StreamedMessage_IsUnderstood()
    {
        model.Script.Enqueue(
            ScriptedResponse.Say("A sentence that is long enough to arrive in several pieces.") with
            {
                WhenPromptContains = "streamed",
            }
        );
        var pieces = new List<string>();

        await foreach (var streamed in Client().Messages.CreateStreaming(Prompt("streamed"), Cancellation))
        {
            if (streamed.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text))
            {
                pieces.Add(text.Text);
            }
        }

        pieces.Should().HaveCountGreaterThan(1);
        string.Concat(pieces).Should().Be("A sentence that is long enough to arrive in several pieces.");
    }

    [Fact]
    public async Task Overload_IsTheClientsOwnException()
    {
        model.Script.Enqueue(
            new ScriptedResponse
            {
                Error = new ScriptedError { Status = 529, Message = "Overloaded" },
                WhenPromptContains = "overload",
            }
        );

        var act = () => Client().Messages.Create(Prompt("overload"), Cancellation);

        (await act.Should().ThrowAsync<Anthropic.Exceptions.AnthropicException>())
            .Which.Message.Should()
            .Contain("529");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FunctionLoopOfChatClient_RunsToItsEnd(bool streaming)
    {
        var comments = new List<string>();
        var list = AIFunctionFactory.Create(
            (string? status) => new { tasks = new[] { new { gid = "7", name = "Fix the door" } }, status },
            "acme_list_my_tasks",
            "List tasks assigned to you."
        );
        var comment = AIFunctionFactory.Create(
            (string task, string text) =>
            {
                comments.Add($"{task}: {text}");
                return new { gid = "70" };
            },
            "acme_add_comment_to_task",
            "Comment on a task."
        );
        using var client = Client().AsIChatClient("practice-1", 1000).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [list, comment], Instructions = "You act for one user." };
        const string prompt = "List my open tasks and add a comment to the first one: \"On my way\"";

        var text = streaming
            ? (
                await client.GetStreamingResponseAsync(prompt, options, Cancellation).ToChatResponseAsync(Cancellation)
            ).Text
            : (await client.GetResponseAsync(prompt, options, Cancellation)).Text;

        comments.Should().Equal("7: On my way");
        text.Should().Contain("Fix the door").And.Contain("Comment added");
    }

    [Fact]
    public async Task ParallelToolUses_ArriveAsSeparateCalls()
    {
        model.Script.Enqueue(
            ScriptedResponse.Use([
                .. Enumerable
                    .Range(0, 100)
                    .Select(index => ScriptedBlock.OfToolUse("acme_get_me", $$"""{"n":{{index}}}""")),
            ]) with
            {
                WhenPromptContains = "hundred",
            }
        );
        using var client = Client().AsIChatClient("practice-1", 1000);
        var tool = AIFunctionFactory.Create((int n) => n, "acme_get_me", "The user you act for.");

        var response = await client
            .GetStreamingResponseAsync("hundred", new ChatOptions { Tools = [tool] }, Cancellation)
            .ToChatResponseAsync(Cancellation);

        var calls = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().ToList();
        calls.Should().HaveCount(100);
        calls.Select(call => call.CallId).Should().OnlyHaveUniqueItems();
        response.FinishReason.Should().Be(ChatFinishReason.ToolCalls);
    }

    [Fact]
    public async Task TokenCount_IsAnswered()
    {
        var count = await Client()
            .Messages.CountTokens(
                new MessageCountTokensParams
                {
                    Model = "practice-1",
                    Messages = [new UserMessageParam("How long is this?")],
                },
                Cancellation
            );

        count.InputTokens.Should().BePositive();
    }
}
