using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Agent.Model;
using Behalf.Client;
using Microsoft.Extensions.AI;

namespace Behalf.Agent.Calls;

/// <summary>
/// Runs the calls of a turn as the run's user and answers each of them, in order, with a result or an error. Read-only
/// neighbours run together; a call that changes something waits for those before it.
/// </summary>
internal sealed class ToolCalls(
    IUserClient user,
    string runId,
    ShownTools shown,
    AgentOptions options,
    TimeProvider clock,
    AuthorizationNotices notices,
    Func<AgentEvent, CancellationToken, Task> emit
)
{
    private readonly Approvals approvals = new(runId, options, clock, emit);
    private int step;
    private int sent;

    /// <value>Calls that were sent so far.</value>
    public int Sent => Volatile.Read(ref sent);

    public async Task<ChatMessage> RunAsync(IReadOnlyList<RequestedCall> calls, CancellationToken cancellationToken)
    {
        var results = new AIContent[calls.Count];
        var together = new List<Task>();
        using var bound = new SemaphoreSlim(Math.Max(1, options.Limits.ConcurrentCalls));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            for (var index = 0; index < calls.Count; index++)
            {
                var call = calls[index].Content;
                var refusal = await RefusalAsync(calls[index], index, cancellationToken);
                if (refusal is { } reason)
                {
                    results[index] = await RefuseAsync(call, reason.Code, reason.Message, cancellationToken);
                    continue;
                }

                if (IsSearch(call.Name))
                {
                    step++;
                    results[index] = await SearchAsync(call, cancellationToken);
                    continue;
                }

                var tool = shown.Find(call.Name)!;
                var slot = index;
                var number = ++step;
                if (tool.IsReadOnly)
                {
                    together.Add(
                        BoundedAsync(
                            bound,
                            async () => results[slot] = await RunOneAsync(tool, call, number, stop.Token),
                            stop.Token
                        )
                    );
                    continue;
                }

                await Task.WhenAll(together);
                together.Clear();
                results[slot] = await RunOneAsync(tool, call, number, stop.Token);
            }

            await Task.WhenAll(together);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(together).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return new ChatMessage(ChatRole.Tool, results);
    }

    private async Task<(string Code, string Message)?> RefusalAsync(
        RequestedCall requested,
        int index,
        CancellationToken cancellationToken
    )
    {
        var call = requested.Content;
        var limits = options.Limits;
        if (index >= limits.CallsPerTurn)
        {
            if (index == limits.CallsPerTurn)
            {
                await LimitAsync(
                    AgentLimit.CallsPerTurn,
                    $"at most {limits.CallsPerTurn} tool calls run in one turn",
                    cancellationToken
                );
            }

            return (
                "too_many_calls",
                $"At most {limits.CallsPerTurn} calls run in one turn. This one did not run; ask for it again if it is still needed."
            );
        }

        if (step >= limits.Calls)
        {
            await LimitAsync(AgentLimit.Calls, $"at most {limits.Calls} tool calls run in one run", cancellationToken);
            return (
                "too_many_calls",
                $"At most {limits.Calls} calls run in one run. This one did not run. Answer with what you have."
            );
        }

        return requested.IsDuplicate
                ? ("duplicate_call_id", "Another call had the same id. This one did not run; ask for it again.")
            : shown.Find(call.Name) is null && !IsSearch(call.Name)
                ? (
                    "unknown_tool",
                    "No tool of that name is offered to this user. Nothing was done. Use only the tools offered."
                        + await WhyAsync(call.Name, cancellationToken)
                )
            : call.Exception is not null
                ? ("invalid_json", "The arguments were not valid JSON. Nothing was done. Ask for the call again.")
            : null;
    }

    /// <summary>There may be such a tool that this user may not call now: then the reason is what the person can act on.</summary>
    private async Task<string> WhyAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var explanation = await user.ExplainToolAsync(name, [], cancellationToken);
            var reasons = explanation.Checks.Where(check =>
                check is { Verdict: "refused", Check: "policy" or "account" or "scopes" }
            );
            return string.Concat(reasons.Select(check => $" {check.Message}"));
        }
        catch (BehalfException)
        {
            return ""; // a hint that cannot be had is none; the refusal stands by itself
        }
    }

    private bool IsSearch(string name) => shown.CanSearch && name == ShownTools.SearchName;

    /// <summary>Ours, not the user's: nothing of any account is called.</summary>
    private async Task<AIContent> SearchAsync(FunctionCallContent call, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var query =
            call.Arguments is { } given && given.TryGetValue("query", out var words) ? words?.ToString() ?? "" : "";
        await emit(
            new AgentEvent.ToolCalling(call.CallId, call.Name, new JsonObject { ["query"] = query }),
            cancellationToken
        );
        try
        {
            var found = await shown.SearchAsync(query, cancellationToken);
            var rows = new JsonArray([
                .. found.Select(tool => new JsonObject
                {
                    ["name"] = tool.Name,
                    ["description"] = PlainText.Clean(tool.Description),
                }),
            ]);
            await emit(
                new AgentEvent.ToolReturned(
                    call.CallId,
                    call.Name,
                    Ok: true,
                    clock.GetElapsedTime(started),
                    $"found {found.Count}",
                    ExecutionId: null
                ),
                cancellationToken
            );
            var data = new JsonObject { ["found"] = rows };
            return ToolResult.Of(
                call.CallId,
                ResultText.Of(call.Name, data, options.Limits.ResultBytes),
                isError: false
            );
        }
        catch (BehalfException exception)
        {
            return await FailAsync(call, exception.Code, exception.Message, started, cancellationToken);
        }
    }

    private async Task<AIContent> RunOneAsync(
        UserTool tool,
        FunctionCallContent call,
        int number,
        CancellationToken cancellationToken
    )
    {
        var arguments = JsonSerializer
            .SerializeToNode(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions)!
            .AsObject();
        await emit(
            new AgentEvent.ToolCalling(call.CallId, tool.Name, arguments.DeepClone().AsObject()),
            cancellationToken
        );
        var started = clock.GetTimestamp();
        if (
            tool.NeedsApproval
            && await approvals.RefusalAsync(number, tool.Name, arguments, cancellationToken) is { } refusal
        )
        {
            return await FailAsync(call, "approval_needed", refusal, started, cancellationToken);
        }

        ToolOutcome outcome;
        try
        {
            Interlocked.Increment(ref sent);
            outcome = await user.CallToolAsync(tool.Name, arguments, runId, cancellationToken);
        }
        catch (BehalfException exception)
        {
            outcome = new ToolOutcome.Failed(
                exception.Code,
                exception.Message,
                exception.ExecutionId,
                exception.NeedsAuthorization
            )
            {
                Kind = exception.Kind,
                Violations = exception.Violations,
                AuthorizationLink = exception.AuthorizationLink,
            };
        }

        var (text, ok, summary, executionId) = outcome switch
        {
            ToolOutcome.Succeeded done => (
                ResultText.Of(tool.Name, done.Data, options.Limits.ResultBytes),
                true,
                "ok",
                (string?)done.ExecutionId
            ),
            ToolOutcome.Failed failed => (
                ResultText.OfFailure(tool.Name, failed, options.Limits.ResultBytes),
                false,
                ResultText.Summary(failed.Message),
                failed.ExecutionId
            ),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
        await emit(
            new AgentEvent.ToolReturned(
                call.CallId,
                tool.Name,
                ok,
                clock.GetElapsedTime(started),
                summary,
                executionId
            ),
            cancellationToken
        );
        if (outcome is ToolOutcome.Failed { NeedsAuthorization: true } unauthorized)
        {
            await notices.TellAsync(tool.ConnectionName, unauthorized.AuthorizationLink, cancellationToken);
        }

        return ToolResult.Of(call.CallId, text, isError: !ok);
    }

    private async Task<AIContent> RefuseAsync(
        FunctionCallContent call,
        string code,
        string message,
        CancellationToken cancellationToken
    ) => await FailAsync(call, code, message, clock.GetTimestamp(), cancellationToken);

    private async Task<AIContent> FailAsync(
        FunctionCallContent call,
        string code,
        string message,
        long started,
        CancellationToken cancellationToken
    )
    {
        var name = ResultText.Summary(call.Name);
        await emit(
            new AgentEvent.ToolReturned(
                call.CallId,
                name,
                Ok: false,
                clock.GetElapsedTime(started),
                message,
                ExecutionId: null
            ),
            cancellationToken
        );
        return ToolResult.Of(
            call.CallId,
            ResultText.OfError(call.Name, code, message, options.Limits.ResultBytes),
            isError: true
        );
    }

    private Task LimitAsync(AgentLimit limit, string detail, CancellationToken cancellationToken) =>
        emit(new AgentEvent.LimitReached(limit, detail), cancellationToken);

    private static async Task BoundedAsync(SemaphoreSlim bound, Func<Task> run, CancellationToken cancellationToken)
    {
        await bound.WaitAsync(cancellationToken);
        try
        {
            await run();
        }
        finally
        {
            bound.Release();
        }
    }
}
