using System.Security.Cryptography;
using System.Threading.Channels;
using Behalf.Agent.Calls;
using Behalf.Agent.Model;
using Behalf.Client;
using Microsoft.Extensions.AI;

namespace Behalf.Agent;

/// <summary>One run, told in the order in which it happens.</summary>
internal sealed class AgentRun(
    IChatClient model,
    IUserClient user,
    AgentOptions options,
    TimeProvider clock,
    ChannelWriter<AgentEvent> events
)
{
    private readonly string runId = $"run_{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
    private AgentUsage usage = AgentUsage.None;

    /// <summary>Writes every event and completes the channel; a cancelled run completes it with the cancellation.</summary>
    public async Task RunAsync(string prompt, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Limits.WallTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var (text, stop) = await GoAsync(prompt, either.Token);
            await EndAsync(text, stop, cancellationToken);
        }
        catch (OperationCanceledException)
            when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var detail = $"the time limit of {options.Limits.WallTime} was reached";
            await EmitAsync(new AgentEvent.LimitReached(AgentLimit.WallTime, detail), cancellationToken);
            await EndAsync(
                $"I stopped: {detail}. A call under way at that moment may have taken effect.",
                AgentStop.LimitReached,
                cancellationToken
            );
        }
        finally
        {
            events.TryComplete();
        }
    }

    private async Task<(string Text, AgentStop Stop)> GoAsync(string prompt, CancellationToken cancellationToken)
    {
        UserTools offered;
        ShownTools shown;
        try
        {
            offered = await user.ListToolsAsync(cancellationToken);
            shown = await ShownTools.ForAsync(user, offered.Tools, options.ToolsShown, prompt, cancellationToken);
        }
        catch (BehalfException exception)
        {
            return ($"The tools could not be listed: {exception.Message}", AgentStop.ServerFailed);
        }

        await EmitAsync(
            new AgentEvent.Discovered(runId, offered.Tools.Count, offered.Accounts)
            {
                Shown = shown.Tools.Count,
                ShownTokens = shown.Tools.Sum(tool => tool.ApproximateTokens),
            },
            cancellationToken
        );
        var notices = new AuthorizationNotices(options, offered.Accounts, EmitAsync);
        if (!offered.Accounts.Any(account => account.IsActive))
        {
            return (await notices.NoneActiveAsync(cancellationToken), AgentStop.AuthorizationRequired);
        }

        return await ConverseAsync(prompt, shown, notices, cancellationToken);
    }

    private async Task<(string Text, AgentStop Stop)> ConverseAsync(
        string prompt,
        ShownTools shown,
        AuthorizationNotices notices,
        CancellationToken cancellationToken
    )
    {
        var turns = new ModelTurns(model, options.Limits, clock, EmitAsync);
        var calls = new ToolCalls(user, runId, shown, options, clock, notices, EmitAsync);
        var now = clock.GetUtcNow();
        List<ChatMessage> messages = [new(ChatRole.User, prompt)];
        while (true)
        {
            var turn = await turns.NextAsync(messages, TurnRequest.For(options, shown, now), cancellationToken);
            if (turn is ModelTurn.Failed failed)
            {
                return (failed.Sentence, AgentStop.ModelFailed);
            }

            var said = (ModelTurn.Finished)turn;
            usage = usage with
            {
                InputTokens = usage.InputTokens + said.InputTokens,
                OutputTokens = usage.OutputTokens + said.OutputTokens,
                Turns = usage.Turns + 1,
            };
            if (Ending(said) is { } ending)
            {
                return ending;
            }

            if (LimitAfter(said) is { } limit)
            {
                await EmitAsync(limit, cancellationToken);
                return (Join(said.Text, $"I stopped: {limit.Detail}."), AgentStop.LimitReached);
            }

            messages.Add(said.Message);
            if (said.Calls.Count > 0)
            {
                messages.Add(await calls.RunAsync(said.Calls, cancellationToken));
                usage = usage with { ToolCalls = calls.Sent };
            }
        }
    }

    private static (string Text, AgentStop Stop)? Ending(ModelTurn.Finished turn) =>
        turn.Finish switch
        {
            TurnFinish.Answered when turn.Text.Length == 0 => ("The model gave no answer.", AgentStop.Answered),
            TurnFinish.Answered => (turn.Text, AgentStop.Answered),
            TurnFinish.Declined => (Join(turn.Text, "The model declined to go on."), AgentStop.Declined),
            _ => null,
        };

    /// <summary>What forbids another turn. Calls of a turn that cannot be followed by one are not run.</summary>
    private AgentEvent.LimitReached? LimitAfter(ModelTurn.Finished turn)
    {
        var limits = options.Limits;
        if (turn.Finish == TurnFinish.Length)
        {
            return new(
                AgentLimit.OutputTokens,
                $"an answer grew past the limit of {limits.OutputTokensPerTurn} tokens and was cut"
            );
        }

        if (usage.TotalTokens >= limits.TotalTokens)
        {
            return new(AgentLimit.TotalTokens, $"the limit of {limits.TotalTokens} tokens was reached");
        }

        if (limits is { Cost: { } cost, Price: { } price } && price(usage) >= cost)
        {
            return new(AgentLimit.Cost, "the cost limit was reached");
        }

        return usage.Turns >= limits.Turns
            ? new(AgentLimit.Turns, $"the limit of {limits.Turns} turns was reached")
            : null;
    }

    private Task EndAsync(string text, AgentStop stop, CancellationToken cancellationToken) =>
        EmitAsync(new AgentEvent.Completed(runId, text, usage, stop), cancellationToken);

    private Task EmitAsync(AgentEvent happened, CancellationToken cancellationToken) =>
        events.WriteAsync(happened, cancellationToken).AsTask();

    private static string Join(string text, string sentence) => text.Length == 0 ? sentence : $"{text}\n\n{sentence}";
}
