using Behalf.Audit;
using Behalf.Vault;

namespace Behalf.Tools.Repeats;

/// <summary>At most once: starts a call, or finds the one it repeats. Safe to call concurrently.</summary>
internal sealed class CallRepeats(IAudit audit, IRepeatStore store, IVault vault, TimeProvider time)
{
    private readonly CallKeys _keys = new(vault);
    private readonly ReadRepeats _reads = new(time);
    private readonly KeyedRepeats _keyed = new(
        audit,
        store,
        new OutcomeSeal(vault),
        new AnswerMarks(store, time),
        time
    );

    /// <param name="position">Where the page of the answer begins, when it is not the first.</param>
    /// <param name="carryOut">From the committed intent to the committed completion.</param>
    public Task<Result<ToolAnswer>> RunAsync(
        CallIntent intent,
        ToolCall call,
        string? position,
        Func<StartedCall, CancellationToken, Task<Result<ToolAnswer>>> carryOut,
        CancellationToken cancellationToken
    ) =>
        intent.Writes || call.IdempotencyKey is not null
            ? _keyed.RunAsync(
                intent,
                _keys.Of(intent, call.IdempotencyKey, position),
                call.Delivery,
                carryOut,
                cancellationToken
            )
            : _reads.RunAsync(
                intent,
                position,
                call.Delivery,
                async token =>
                {
                    Result<StartedCall> started = await audit.StartAsync(intent, token);
                    return started.Succeeded ? await carryOut(started.Value, token) : started.Problem; // the refusal was recorded where it was found
                },
                cancellationToken
            );
}
