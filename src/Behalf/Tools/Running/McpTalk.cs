using Behalf.Connections;
using Behalf.Connectors.Templates;
using Behalf.Egress;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// One call at a server of the older generation that may ask the person while it runs: its questions come on the answer's
/// stream, or on the session's own beside it, and each is answered by a request.
/// </summary>
internal sealed class McpTalk(
    RunContext context,
    Func<Question, CancellationToken, Task<QuestionAnswer>> ask,
    IReadOnlyList<KeyValuePair<string, string>> headers
) : IAsyncDisposable
{
    private const int MostQuestions = 5;
    private const int MethodNotFound = -32601;
    private const int InvalidParams = -32602;

    /// <value>Below the deadline of a call: a server that is told that nobody chose can still end it.</value>
    private static readonly TimeSpan PersonsPatience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Whole = TimeSpan.FromMinutes(2);

    /// <value>How long the session's own stream may take to open before the call is made without it.</value>
    private static readonly TimeSpan Opening = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _listening = Task.CompletedTask;
    private int _asked;

    /// <summary>Makes the call, answering what the server asks meanwhile.</summary>
    /// <returns>The answer's status and headers, or what became of the request; what the server said to it, if it did.</returns>
    public async Task<(UpstreamOutcome Outcome, JObject? Answer)> CallAsync(
        UpstreamRequest request,
        long id,
        CancellationToken cancellationToken
    )
    {
        _listening = FollowAsync(_over.Token);
        await Task.WhenAny(_opened.Task, Task.Delay(Opening, context.Time, cancellationToken));
        await context.BeginRequestAsync();
        context.WriteInFlight = request.Writes;
        (UpstreamOutcome outcome, JObject? answer) = await ReadAsync(
            await context.Upstream.StreamAsync(
                request with
                {
                    Timeout = Whole,
                    IdleTimeout = Whole,
                },
                cancellationToken
            ),
            id,
            cancellationToken
        );
        context.WriteInFlight = false;
        if (outcome is UpstreamOutcome.Answered answered)
        {
            context.LastStatus = answered.Status;
        }

        return (outcome, answer);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _listening;
        _over.Dispose();
    }

    private async Task<(UpstreamOutcome Outcome, JObject? Answer)> ReadAsync(
        UpstreamOutcome outcome,
        long id,
        CancellationToken cancellationToken
    )
    {
        if (outcome is not UpstreamOutcome.Streaming { Answer: var stream })
        {
            return (outcome, null);
        }

        await using (stream)
        {
            Dictionary<string, string> told = new(StringComparer.OrdinalIgnoreCase);
            foreach ((string name, string value) in stream.Headers)
            {
                told[name] = value;
            }

            if (stream.Status != 200 || !IsEvents(stream))
            {
                byte[] body = await BytesAsync(stream, cancellationToken);
                UpstreamOutcome.Answered answered = new(stream.Status, told, body);
                return (answered, McpMessages.Answer(answered, id));
            }

            McpEvents events = new(stream, new StreamPosition(null, StreamPosition.UsualPause), context);
            UpstreamOutcome.Answered whole = new(stream.Status, told, []);
            await foreach (JObject message in events.ReadAsync(cancellationToken))
            {
                if (McpMessages.Answers(message, id))
                {
                    return (whole, message);
                }

                await ReplyAsync(message, cancellationToken);
            }

            return events.Position.LastId is null
                ? (whole, null)
                : (whole, await new McpStream(context).ResumeAsync(events.Position, id, headers, cancellationToken));
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            UpstreamOutcome outcome = await context.Upstream.StreamAsync(
                new UpstreamRequest
                {
                    Operation = "stream",
                    Method = HttpMethod.Get,
                    Path = context.Definition.Remote!.Path,
                    Headers = [new("Accept", McpMessages.EventStream), .. headers],
                    Writes = false,
                    Timeout = Whole,
                    IdleTimeout = Whole,
                },
                cancellationToken
            );
            _opened.TrySetResult();
            if (outcome is not UpstreamOutcome.Streaming { Answer: var stream })
            {
                return;
            }

            await using (stream)
            {
                if (stream.Status != 200 || !IsEvents(stream))
                {
                    return; // a server may have none
                }

                McpEvents events = new(stream, new StreamPosition(null, StreamPosition.UsualPause), context);
                await foreach (JObject message in events.ReadAsync(cancellationToken))
                {
                    await ReplyAsync(message, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The call is over.
        }
        catch (ToolFault)
        {
            // It said more than a call may hold; what it does not hear it has to do without.
        }
        finally
        {
            _opened.TrySetResult();
        }
    }

    /// <summary>Notifications need no reply, and neither do answers to nobody.</summary>
    private async Task ReplyAsync(JObject message, CancellationToken cancellationToken)
    {
        if (message["method"] is not JValue { Value: string method } || message["id"] is not JValue id)
        {
            return;
        }

        JObject reply = new() { ["jsonrpc"] = "2.0", ["id"] = id };
        switch (method)
        {
            case McpQuestions.Method when Interlocked.Increment(ref _asked) <= MostQuestions:
                try
                {
                    reply["result"] = await AskAsync(McpQuestions.Read(method, message, context), cancellationToken);
                }
                catch (ToolFault refused)
                {
                    reply["error"] = new JObject { ["code"] = InvalidParams, ["message"] = refused.Message };
                }

                break;
            case "ping":
                reply["result"] = new JObject();
                break;
            default:
                reply["error"] = new JObject { ["code"] = MethodNotFound, ["message"] = "Not offered to servers." };
                break;
        }

        byte[] bytes = Tokens.ToUtf8(reply);
        await context.Upstream.SendAsync(
            new UpstreamRequest
            {
                Operation = "reply",
                Method = HttpMethod.Post,
                Path = context.Definition.Remote!.Path,
                Headers = [new("Accept", McpMessages.Accepted), .. headers],
                Content = () => McpMessages.Content(bytes),
                Writes = false,
            },
            cancellationToken
        );
    }

    private async Task<JObject> AskAsync(Question question, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(PersonsPatience, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token,
            cancellationToken
        );
        QuestionAnswer answer;
        try
        {
            answer = await ask(question, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = QuestionAnswer.Cancel;
        }

        return QuestionState.Answer(answer, QuestionState.DefaultsOf(question));
    }

    private static bool IsEvents(EgressStream stream) =>
        stream.Headers.Any(header =>
            header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)
            && header.Value.StartsWith(McpMessages.EventStream, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Bounded by egress. What breaks off cannot be read.</summary>
    private static async Task<byte[]> BytesAsync(EgressStream stream, CancellationToken cancellationToken)
    {
        using MemoryStream body = new();
        try
        {
            await stream.Body.CopyToAsync(body, cancellationToken);
        }
        catch (EgressBrokenException)
        {
            return [];
        }

        return body.ToArray();
    }
}
