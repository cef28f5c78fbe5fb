using System.Threading.Channels;

namespace Behalf.Storage;

/// <summary>
/// Work that nobody waits for. It goes along with the next commit, and within a moment by itself, so that it neither costs a
/// commit of its own nor holds up the work that somebody waits for. Safe to call concurrently.
/// </summary>
internal sealed class Patient<T> : IDisposable
    where T : QueuedItem
{
    /// <summary>Of the real clock: it bounds how long memory holds what a crash would lose.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(5);

    private readonly Channel<T> _items = Channel.CreateUnbounded<T>();
    private readonly Timer _timer;
    private int _armed;

    /// <param name="wake">Has what waits committed soon.</param>
    public Patient(Action wake)
    {
        _timer = new Timer(_ =>
        {
            Volatile.Write(ref _armed, 0);
            wake();
        });
    }

    public bool IsEmpty => !_items.Reader.TryPeek(out _);

    /// <param name="most">As given to <see cref="TakeWith"/>.</param>
    /// <returns>How many commits take what is here now, however much comes meanwhile.</returns>
    public int CommitsFor(int most) => (_items.Reader.Count + most / 2 - 1) / (most / 2);

    /// <returns>False once this is closed.</returns>
    public bool TryAdd(T item)
    {
        if (!_items.Writer.TryWrite(item))
        {
            return false;
        }

        Arm();
        return true;
    }

    /// <summary>After each commit: what it left behind, or came while it ran, is waked for again.</summary>
    public void Rearm()
    {
        if (!IsEmpty)
        {
            Arm();
        }
    }

    /// <summary>
    /// What is committed together next: of those that somebody waits for, and of these. Half of the room at least is for
    /// each of the two, so that neither keeps the other out.
    /// </summary>
    /// <param name="batch">Empty, for what begins now.</param>
    public void TakeWith(ChannelReader<T> waiting, List<T> batch, int most)
    {
        Take(waiting, batch, most / 2);
        Take(_items.Reader, batch, most);
        Take(waiting, batch, most);
    }

    /// <summary>Takes no more; what is here can still be taken.</summary>
    public void Close() => _items.Writer.TryComplete();

    private static void Take(ChannelReader<T> items, List<T> batch, int most)
    {
        while (batch.Count < most && items.TryRead(out T? item))
        {
            if (item.TryBegin())
            {
                batch.Add(item);
            }
        }
    }

    private void Arm()
    {
        if (Interlocked.Exchange(ref _armed, 1) != 0)
        {
            return;
        }

        try
        {
            _timer.Change(Longest, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Closing: what is here is taken at the end.
        }
    }

    public void Dispose()
    {
        Close();
        _timer.Dispose();
    }
}
