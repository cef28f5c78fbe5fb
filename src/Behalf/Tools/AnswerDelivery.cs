namespace Behalf.Tools;

/// <summary>
/// Tells what became of one answer. The door makes it with the call and ends it when the response has gone out or was
/// given up; until then an equal call waits, because a delivered success is never a repeat's answer. Safe to call
/// concurrently.
/// </summary>
public sealed class AnswerDelivery
{
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <value>For doors that cannot tell: the answer counts as delivered once it is handed over.</value>
    public static AnswerDelivery Assumed { get; } = MakeAssumed();

    internal Task<bool> WentOut => _ended.Task;

    /// <summary>Only the first end counts.</summary>
    public void End(bool delivered) => _ended.TrySetResult(delivered);

    private static AnswerDelivery MakeAssumed()
    {
        AnswerDelivery assumed = new();
        assumed.End(delivered: true);
        return assumed;
    }
}
