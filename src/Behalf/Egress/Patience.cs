namespace Behalf.Egress;

/// <summary>
/// How long one exchange may take in all, and how long it may stand still while we wait for the other side. What the
/// caller does with an answer in between costs no patience.
/// </summary>
internal sealed class Patience : IDisposable
{
    private readonly ExchangeTime _whole;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _linked;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _longestWait;

    public Patience(EgressRequest request, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _longestWait = request.IdleTimeout;
        _whole = new ExchangeTime(request.Timeout, time);
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_whole.Token, _idle.Token, caller);
    }

    public CancellationToken Token => _linked.Token;

    public bool IsOver => _whole.IsOver || _idle.IsCancellationRequested;

    /// <summary>A wait for the other side begins, or something moved and it begins anew.</summary>
    public void Wait() => _idle.CancelAfter(_longestWait);

    /// <summary>Nobody waits for the other side.</summary>
    public void Rest() => _idle.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>A wait for the other side, from now to the end of what is awaited.</summary>
    public async ValueTask<T> WaitForAsync<T>(ValueTask<T> awaited)
    {
        Wait();
        try
        {
            return await awaited;
        }
        finally
        {
            Rest();
        }
    }

    /// <returns>Whether <see cref="Token"/> ends when this one does.</returns>
    public bool Covers(CancellationToken token) => !token.CanBeCanceled || token == _caller;

    public void Dispose()
    {
        _linked.Dispose();
        _idle.Dispose();
        _whole.Dispose();
    }
}
