namespace Behalf.RaceSuite.Provider;

/// <summary>What goes wrong with one token request. All parts together, in the order of the properties.</summary>
internal sealed record TokenFault
{
    /// <value>Refused with this status before anything is done.</value>
    public int? Status { get; init; }

    /// <value>Carried out before the wait; else after it.</value>
    public bool IsCarriedOutFirst { get; init; } = true;

    public TimeSpan Delay { get; init; }

    /// <value>Held until it opens.</value>
    public Gate? Gate { get; init; }

    /// <value>The connection is cut instead of an answer.</value>
    public bool IsReplyLost { get; init; }

    /// <value>Carried out at all; false only beside a lost reply.</value>
    public bool IsCarriedOut { get; init; } = true;
}

/// <summary>Holds a request at the provider and tells that it stands there.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a request stands at the gate.</summary>
    public Task Arrived => _arrived.Task;

    public void Open() => _opened.TrySetResult();

    public Task PassAsync()
    {
        _arrived.TrySetResult();
        return _opened.Task;
    }
}
