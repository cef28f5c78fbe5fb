using System.Collections.Concurrent;
using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Tools.Repeats;

/// <summary>
/// Reads without a key: a repeat joins the first on this node and in memory, while that runs, and for ten seconds after it
/// failed or its answer was lost. Safe to call concurrently.
/// </summary>
internal sealed class ReadRepeats(TimeProvider time)
{
    /// <summary>Ended runs that are remembered at most; beyond it a repeat is a read of its own.</summary>
    private const int MaxKept = 1_000;

    private readonly ConcurrentDictionary<Reading, SharedRun> _runs = new();
    private int _kept;

    public async Task<Result<ToolAnswer>> RunAsync(
        CallIntent intent,
        string? position,
        AnswerDelivery delivery,
        Func<CancellationToken, Task<Result<ToolAnswer>>> run,
        CancellationToken cancellationToken
    )
    {
        Reading reading = Reading.Of(intent, position);
        while (true)
        {
            if (_runs.TryGetValue(reading, out SharedRun? prior))
            {
                if (await prior.CanBeRepeatedAsync().WaitAsync(cancellationToken) && prior.TryJoin(delivery))
                {
                    return await prior.WaitAsync(cancellationToken);
                }

                _runs.TryRemove(KeyValuePair.Create(reading, prior));
            }

            SharedRun own = new(delivery, time);
            if (_runs.TryAdd(reading, own))
            {
                Task begun = own.BeginAsync(run);
                _ = ForgetAsync(reading, own, begun);
                return await own.WaitAsync(cancellationToken);
            }

            own.Dispose();
        }
    }

    private async Task ForgetAsync(Reading reading, SharedRun run, Task begun)
    {
        await begun; // never throws: what the run threw is in its answer
        if (run.Answer.IsCompletedSuccessfully)
        {
            Result<ToolAnswer> answer = await run.Answer;
            bool mayBeRepeated = SharedRun.WindowOf(answer) > TimeSpan.Zero && await run.CanBeRepeatedAsync();
            if (mayBeRepeated)
            {
                if (Interlocked.Increment(ref _kept) <= MaxKept)
                {
                    await Task.Delay(SharedRun.WindowOf(answer), time);
                }

                Interlocked.Decrement(ref _kept);
            }
        }

        run.Close();
        _runs.TryRemove(KeyValuePair.Create(reading, run));
    }

    /// <summary>All that tells two reads apart.</summary>
    private sealed record Reading(
        EnvironmentId Environment,
        string Principal,
        Identifier Subject,
        UserEpoch Epoch,
        AccountId Account,
        string Tool,
        string ArgumentDigest,
        string? Position,
        string? AgentRun,
        ScopeSet GrantedScopes
    )
    {
        public static Reading Of(CallIntent intent, string? position) =>
            new(
                intent.Subject.Environment,
                intent.Subject.Principal.ClientId,
                intent.Subject.Identifier,
                intent.Subject.Epoch,
                intent.Account,
                intent.Tool,
                intent.ArgumentDigest,
                position,
                intent.AgentRun,
                intent.GrantedScopes
            );
    }
}
