using System.Text;

namespace Behalf.Sandbox.Judge;

internal sealed record LoggedRequest(
    long Sequence,
    DateTimeOffset At,
    string? User,
    string? ClientId,
    string Method,
    string Path,
    int Status,
    byte[] Body
)
{
    public JsonObject ToJson() =>
        new()
        {
            ["sequence"] = Sequence,
            ["time"] = Renderer.Timestamp(At),
            ["user"] = User,
            ["client_id"] = ClientId,
            ["method"] = Method,
            ["path"] = Path,
            ["status"] = Status,
            ["body"] = Encoding.UTF8.GetString(Body),
        };
}

/// <summary>The last API and OAuth requests with what was answered. Safe for concurrent use.</summary>
internal sealed class RequestLog
{
    public const int MostEntries = 5000;
    public const int MostBody = 64 * 1024;

    /// <summary>Bytes of all bodies together; the oldest entries make room.</summary>
    public const long MostBytes = 100L * 1024 * 1024;

    private long _bytes;
    private readonly Lock _gate = new();
    private readonly LinkedList<LoggedRequest> _entries = new();
    private long _sequence;

    public void Add(Func<long, LoggedRequest> entry)
    {
        lock (_gate)
        {
            _bytes += _entries.AddLast(entry(++_sequence)).Value.Body.Length;
            while (_entries.Count > MostEntries || _bytes > MostBytes)
            {
                _bytes -= _entries.First!.Value.Body.Length;
                _entries.RemoveFirst();
            }
        }
    }

    /// <summary>Those after a sequence number, in order.</summary>
    public IReadOnlyList<LoggedRequest> Since(long sequence)
    {
        lock (_gate)
        {
            return [.. _entries.Where(e => e.Sequence > sequence)];
        }
    }

    /// <summary>Forgets the entries; sequence numbers go on.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _bytes = 0;
        }
    }
}
