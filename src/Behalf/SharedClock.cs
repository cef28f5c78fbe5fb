namespace Behalf;

/// <summary>
/// The time that all nodes agree on: the database's. Ends of tokens are written and read by it, so that a node whose clock
/// is off neither spends a token early nor keeps one too long. Follows the system's clock until the storage sets it. Safe
/// to call concurrently.
/// </summary>
public sealed class SharedClock(TimeProvider time)
{
    private long _offset;

    public DateTimeOffset UtcNow => time.GetUtcNow() + Offset;

    /// <value>How far the database is ahead of this machine.</value>
    public TimeSpan Offset => TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    /// <param name="there">The database's time.</param>
    /// <param name="here">This machine's at the same moment.</param>
    public void Set(DateTimeOffset there, DateTimeOffset here) =>
        Interlocked.Exchange(ref _offset, (there - here).Ticks);
}
