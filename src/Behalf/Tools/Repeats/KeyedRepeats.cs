using System.Collections.Concurrent;
using Behalf.Audit;

namespace Behalf.Tools.Repeats;

/// <summary>
/// Calls with a key: the database decides which starts, across nodes, in the intent's transaction; the others join it in
/// memory where it runs on this node, and otherwise wait for its outcome to be stored. Safe to call concurrently.
/// </summary>
internal sealed class KeyedRepeats(
    IAudit audit,
    IRepeatStore store,
    OutcomeSeal seal,
    AnswerMarks marks,
    TimeProvider time
)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a repeat waits to learn whether another node delivered the answer.</summary>
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ExecutionId, SharedRun> _runs = new();

    public async Task<Result<ToolAnswer>> RunAsync(
        CallIntent intent,
        CallKey key,
        AnswerDelivery delivery,
        Func<StartedCall, CancellationToken, Task<Result<ToolAnswer>>> carryOut,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            Result<KeyedStart> start = await audit.StartOnceAsync(intent with { Key = key }, cancellationToken);
            if (!start.Succeeded)
            {
                return start.Problem; // the refusal was recorded where it was found
            }

            if (start.Value is KeyedStart.Started { Call: var call })
            {
                SharedRun run = new(delivery, time);
                _runs[call.Intent.Execution] = run;
                Task begun = run.BeginAsync(token => carryOut(call, token));
                _ = FollowAsync(call.Intent, key, run, begun);
                // Who asked for a write stays until it ended, so that a server that stops waits for it.
                return await run.WaitAsync(intent.Writes ? CancellationToken.None : cancellationToken);
            }

            KeyedStart.Repeated repeated = (KeyedStart.Repeated)start.Value;
            if (await RepeatAsync(intent, key, repeated, delivery, cancellationToken) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <returns>Null: the prior call has come further; ask again whether this one repeats it.</returns>
    private async Task<Result<ToolAnswer>?> RepeatAsync(
        CallIntent intent,
        CallKey key,
        KeyedStart.Repeated repeated,
        AnswerDelivery delivery,
        CancellationToken cancellationToken
    )
    {
        ExecutionId execution = repeated.Prior.Execution;
        long began = time.GetTimestamp();
        // Whoever came while it ran gets its answer, also when others had it first: to ask again would be to call again.
        bool cameWhileItRan = repeated.Prior.State == CallState.Running;
        PriorCall? prior = repeated.Prior;
        while (prior is not null)
        {
            if (_runs.TryGetValue(execution, out SharedRun? run))
            {
                if (run.Answer.IsCompleted)
                {
                    await run.Settled.WaitAsync(cancellationToken);
                    if (!cameWhileItRan)
                    {
                        return null;
                    }

                    prior = await store.FindAsync(intent.Subject.Environment, execution, cancellationToken);
                    continue;
                }

                if (run.TryJoin(delivery))
                {
                    return await run.WaitAsync(cancellationToken);
                }
            }

            bool isOpen = !key.IsNamed && prior is { State: CallState.Succeeded, Answer: AnswerFate.Open };
            if (prior.State != CallState.Running && !(isOpen && time.GetElapsedTime(began) < LongestDoubt))
            {
                bool isDelivered = prior is { State: CallState.Succeeded, Answer: AnswerFate.Delivered };
                if (!key.IsNamed && isDelivered && !cameWhileItRan)
                {
                    return null; // it came after the answer, whose delivery is only known by now
                }

                if (key.IsNamed || prior.State != CallState.Succeeded || isDelivered)
                {
                    return seal.Open(intent, prior, repeated.AccountKey);
                }

                Result<ToolAnswer>? again = AnswerAgain(intent, key, prior, repeated.AccountKey, delivery);
                if (again is not null || !cameWhileItRan)
                {
                    return again;
                }
            }

            // Real time: what it waits for happens in another process, whatever this one's clock says.
            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
            prior = await store.FindAsync(intent.Subject.Environment, execution, cancellationToken);
        }

        return null;
    }

    /// <summary>A success whose answer was lost: once it is delivered after all, the next equal call is one of its own.</summary>
    private Result<ToolAnswer>? AnswerAgain(
        CallIntent intent,
        CallKey key,
        PriorCall prior,
        Vault.AccountKey accountKey,
        AnswerDelivery delivery
    )
    {
        Result<ToolAnswer> answer = seal.Open(intent, prior, accountKey);
        SharedRun again = new(delivery, time);
        if (!_runs.TryAdd(prior.Execution, again))
        {
            again.Dispose();
            return null;
        }

        Task begun = again.BeginAsync(_ => Task.FromResult(answer));
        _ = FollowAsync(intent with { Execution = prior.Execution }, key, again, begun);
        return answer;
    }

    /// <summary>Keeps the run while it can be joined, and notes what became of its answer.</summary>
    private async Task FollowAsync(CallIntent intent, CallKey key, SharedRun run, Task begun)
    {
        await begun; // never throws: what the run threw is in its answer
        try
        {
            bool isAnswer = run.Answer.IsCompletedSuccessfully && (await run.Answer).Succeeded;
            if (key.IsNamed || !isAnswer)
            {
                run.Close();
            }
            else
            {
                bool delivered = await run.CloseAsync();
                await marks.AddAsync(new AnswerMark(intent.Subject.Environment, intent.Execution, delivered));
            }
        }
        finally
        {
            _runs.TryRemove(KeyValuePair.Create(intent.Execution, run));
            run.Settle();
        }
    }
}
