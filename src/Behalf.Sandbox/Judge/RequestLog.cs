namespace Behalf.Sandbox.Judge;

internal sealed record LoggedRequest(
    long Sequence,
    DateTimeOffset At,
    string? User,
    string? ClientId,
    string Method,
    string Path,
    int Status,
    string Body
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
            ["body"] = Body,
        };
}

/// <summary>The last API and OAuth requests with what was answered. Safe for concurrent use.</summary>
internal sealed class RequestLog
{
    public const int MostEntries = 5000;
    public const int MostBody = 64 * 1024;
    private readonly Lock _gate = new();
    private readonly LinkedList<LoggedRequest> _entries = new();
    private long _sequence;

    public void Add(Func<long, LoggedRequest> entry)
    {
        lock (_gate)
        {
            _entries.AddLast(entry(++_sequence));
            if (_entries.Count > MostEntries)
            {
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
        }
    }
}
