using Behalf.PracticeModel.Planning;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel;

/// <summary>Decides who answers a request, the script or the planner, and sends the answer in the form asked for.</summary>
internal sealed class ReplySource(PracticeModelOptions options)
{
    public async Task AnswerAsync(HttpContext context, MessagesRequest request)
    {
        var prompt = request.Messages.LastOrDefault(message => message.IsUser && message.Text.Length > 0)?.Text ?? "";
        if (options.Script.Take(prompt) is { } scripted)
        {
            await PlayAsync(context, request, scripted);
            return;
        }

        var planned = Planner.Reply(request, options.TimeProvider);
        var (content, stopReason) = ModelReply.Fit(planned, StopReasonOf(planned), request.MaxTokens);
        await SendAsync(context, request, Reply(request, content, stopReason), new ScriptedResponse());
    }

    private async Task PlayAsync(HttpContext context, MessagesRequest request, ScriptedResponse scripted)
    {
        await DelayAsync(scripted.DelayMs, context.RequestAborted);
        if (scripted.RawBody is { } raw)
        {
            context.Response.ContentType = request.Stream ? "text/event-stream" : "application/json";
            await context.Response.WriteAsync(raw, context.RequestAborted);
            return;
        }

        if (scripted.Error is { } error && !(request.Stream && error.AfterEvents is not null))
        {
            await ReplyWriter.WriteErrorAsync(context, ErrorOf(error), error.RetryAfter);
            return;
        }

        IReadOnlyList<ReplyBlock> content = [.. scripted.Content.Select(BlockOf)];
        var reply = Reply(request, content, scripted.StopReason ?? StopReasonOf(content)) with
        {
            InputTokens = scripted.InputTokens ?? request.InputTokens,
            OutputTokens = scripted.OutputTokens ?? ModelReply.TokensOf(content),
        };
        await SendAsync(context, request, reply, scripted);
    }

    private async Task SendAsync(
        HttpContext context,
        MessagesRequest request,
        ModelReply reply,
        ScriptedResponse scripted
    )
    {
        if (!request.Stream)
        {
            if (scripted.CutAfterEvents is not null)
            {
                context.Abort();
                return;
            }

            await ReplyWriter.WriteMessageAsync(context, reply);
            return;
        }

        ReplyWriter.BeginStream(context);
        var sent = 0;
        foreach (var streamEvent in EventStream.Of(reply))
        {
            if (sent == scripted.CutAfterEvents)
            {
                if (scripted.ResetConnection)
                {
                    context.Abort();
                }

                return;
            }

            if (scripted.Error is { } error && sent == error.AfterEvents)
            {
                await ReplyWriter.WriteEventAsync(context, EventStream.Error(ErrorOf(error)));
                return;
            }

            await DelayAsync(scripted.EventDelayMs, context.RequestAborted);
            await ReplyWriter.WriteEventAsync(context, streamEvent);
            sent++;
        }
    }

    private static ModelReply Reply(MessagesRequest request, IReadOnlyList<ReplyBlock> content, string stopReason) =>
        new(Identifiers.Next("msg"), request.Model, content, stopReason)
        {
            InputTokens = request.InputTokens,
            OutputTokens = ModelReply.TokensOf(content),
        };

    private static string StopReasonOf(IEnumerable<ReplyBlock> content) =>
        content.OfType<ReplyToolUse>().Any() ? StopReasons.ToolUse : StopReasons.EndTurn;

    private static ReplyBlock BlockOf(ScriptedBlock block) =>
        block.Type == "text"
            ? new ReplyText(block.Text!)
            : new ReplyToolUse(
                block.Id ?? Identifiers.Next("toolu"),
                block.Name!,
                block.PartialJson ?? block.Input?.GetRawText() ?? "{}"
            );

    private static ApiError ErrorOf(ScriptedError error) =>
        new(error.Status, error.Type ?? ApiError.TypeOf(error.Status), error.Message);

    private Task DelayAsync(int milliseconds, CancellationToken cancellationToken) =>
        milliseconds == 0
            ? Task.CompletedTask
            : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), options.TimeProvider, cancellationToken);
}
