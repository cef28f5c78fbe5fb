namespace Behalf.Storage.Sqlite.Engine;

/// <summary>One piece of work for the writer.</summary>
internal abstract class WriteItem : QueuedItem
{
    /// <value>What it touches beside its result.</value>
    public abstract WriteKind Kind { get; }

    /// <summary>Inside the transaction. Its result counts only once <see cref="QueuedItem.Complete"/> is called.</summary>
    public abstract void Run(WriteContext context);
}

/// <inheritdoc />
internal sealed class WriteItem<T>(WriteKind kind, Func<WriteContext, T> work) : WriteItem
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Result => _done.Task;

    public override WriteKind Kind => kind;

    public void TakeBack(CancellationToken cancellationToken)
    {
        if (TryTakeBack())
        {
            _done.TrySetCanceled(cancellationToken);
        }
    }

    public override void Run(WriteContext context) => _result = work(context);

    public override void Complete() => _done.TrySetResult(_result);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}

/// <summary>Whether what was read before stays true.</summary>
internal enum WriteKind
{
    /// <summary>Anything may be different afterwards.</summary>
    Change = 1,

    /// <summary>Appends to the trail of calls and touches nothing that is remembered.</summary>
    Trail = 2,
}
