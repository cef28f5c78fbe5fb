namespace Behalf.Egress;

/// <summary>
/// The time one exchange may take in all. Its last part begins only when the part before was seen to end: a process that
/// was stopped meanwhile (SIGSTOP, a frozen machine) first finds what has arrived in its sockets, and gives up after that.
/// </summary>
internal sealed class ExchangeTime : IDisposable
{
    private static readonly TimeSpan LongestLastPart = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _lastPart;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _begin;

    public ExchangeTime(TimeSpan length, TimeProvider time)
    {
        TimeSpan last = length / 2 < LongestLastPart ? length / 2 : LongestLastPart;
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _lastPart = new CancellationTokenSource(length - last, time);
        _begin = _lastPart.Token.UnsafeRegister(_ => _over.CancelAfter(last), null);
    }

    public CancellationToken Token => _over.Token;

    public bool IsOver => _over.IsCancellationRequested;

    public void Dispose()
    {
        _begin.Dispose(); // waits for one that is just beginning
        _lastPart.Dispose();
        _over.Dispose();
    }
}
