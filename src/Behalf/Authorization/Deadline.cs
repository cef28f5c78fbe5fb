namespace Behalf.Authorization;

/// <summary>The time one exchange or refresh may take in all, whoever waits for it; counted by <see cref="TimeProvider"/>.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _length;
    private readonly long _began;

    public Deadline(TimeProvider time, TimeSpan length)
        : this(time, length, time.GetTimestamp()) { }

    /// <param name="began">A timestamp of <paramref name="time"/>.</param>
    public Deadline(TimeProvider time, TimeSpan length, long began)
    {
        _time = time;
        _length = length;
        _began = began;
        _source = new CancellationTokenSource(Left, time);
    }

    public CancellationToken Token => _source.Token;

    public TimeSpan Left =>
        _length - _time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <value>What is left is too little to begin something that is to be tried once only.</value>
    public bool IsNear => Left < _length / 4;

    public void Dispose() => _source.Dispose();
}
