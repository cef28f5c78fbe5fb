namespace Behalf.Storage;

/// <summary>One piece of work in a queue. A caller can take it back until it begins; then it runs to its end.</summary>
internal abstract class QueuedItem
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int TakenBack = 2;

    private int _state;

    /// <returns>False when the caller took it back.</returns>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

    protected bool TryTakeBack() => Interlocked.CompareExchange(ref _state, TakenBack, Waiting) == Waiting;

    /// <summary>The transaction is committed.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);
}
