using Behalf.Agent.Calls;
using Microsoft.Extensions.AI;

namespace Behalf.Agent.Model;

/// <summary>
/// Asks the model for turns. A turn that fails or is cut is asked for again as a whole; nothing of the failed attempt is
/// kept, and no tool runs before a turn is complete.
/// </summary>
internal sealed class ModelTurns(
    IChatClient model,
    AgentLimits limits,
    TimeProvider clock,
    Func<AgentEvent, CancellationToken, Task> emit
)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> callIds = [];

    public async Task<ModelTurn> NextAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions request,
        CancellationToken cancellationToken
    )
    {
        var cuts = 0;
        for (var attempt = 1; ; attempt++)
        {
            ModelTrouble trouble;
            try
            {
                var response = await StreamAsync(messages, request, cancellationToken);
                if (response.FinishReason is { } reason)
                {
                    return Finish(response, reason);
                }

                trouble = ModelTrouble.Cut;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                trouble = ModelTrouble.Of(exception);
            }

            cuts += trouble.IsCut ? 1 : 0;
            if (!trouble.IsTransient || cuts > 1 || attempt >= limits.ModelAttempts)
            {
                return new ModelTurn.Failed(trouble.Sentence);
            }

            await BackOffAsync(attempt, trouble, cancellationToken);
        }
    }

    private async Task<ChatResponse> StreamAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions request,
        CancellationToken cancellationToken
    )
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (
            var update in model
                .GetStreamingResponseAsync(messages, request.Clone(), cancellationToken)
                .WithCancellation(cancellationToken)
        )
        {
            updates.Add(update);
            if (PlainText.CleanDelta(update.Text) is { Length: > 0 } delta)
            {
                await emit(new AgentEvent.TextDelta(delta), cancellationToken);
            }
        }

        return updates.ToChatResponse();
    }

    private ModelTurn.Finished Finish(ChatResponse response, ChatFinishReason reason)
    {
        var contents = new List<AIContent>();
        var calls = new List<RequestedCall>();
        foreach (var content in response.Messages.SelectMany(message => message.Contents))
        {
            switch (content)
            {
                case UsageContent:
                    break;
                case FunctionCallContent call:
                    var requested = Unique(call);
                    calls.Add(requested);
                    contents.Add(requested.Content);
                    break;
                default:
                    contents.Add(content);
                    break;
            }
        }

        var finish =
            reason == ChatFinishReason.Length ? TurnFinish.Length
            : reason == ChatFinishReason.ContentFilter ? TurnFinish.Declined
            : calls.Count > 0 ? TurnFinish.ToolCalls
            : reason == ChatFinishReason.Stop || reason == ChatFinishReason.ToolCalls ? TurnFinish.Answered
            : TurnFinish.Paused;
        return new ModelTurn.Finished(
            new ChatMessage(ChatRole.Assistant, contents),
            PlainText.Clean(response.Text),
            calls,
            finish,
            response.Usage?.InputTokenCount ?? 0,
            response.Usage?.OutputTokenCount ?? 0
        );
    }

    /// <summary>An id used twice would make the conversation invalid; the later call gets a fresh one, and an error.</summary>
    private RequestedCall Unique(FunctionCallContent call)
    {
        if (call.CallId is { Length: > 0 } && callIds.Add(call.CallId))
        {
            return new RequestedCall(call, IsDuplicate: false);
        }

        var fresh = $"toolu_{Guid.NewGuid():N}";
        callIds.Add(fresh);
        return new RequestedCall(
            new FunctionCallContent(fresh, call.Name, call.Arguments) { Exception = call.Exception },
            IsDuplicate: true
        );
    }

    private async Task BackOffAsync(int attempt, ModelTrouble trouble, CancellationToken cancellationToken)
    {
        var grown = TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(attempt - 1, 10)));
        var delay = trouble.IsCut ? TimeSpan.Zero : trouble.RetryAfter ?? grown;
        delay = delay > LongestDelay ? LongestDelay : delay;
        await emit(new AgentEvent.Retrying(attempt + 1, trouble.Sentence, delay), cancellationToken);
        await Task.Delay(delay, clock, cancellationToken);
    }
}
