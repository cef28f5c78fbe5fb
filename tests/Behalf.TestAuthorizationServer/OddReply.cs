namespace Behalf.TestAuthorizationServer;

/// <summary>How one request is answered instead of properly.</summary>
public abstract record OddReply
{
    private OddReply() { }

    /// <param name="IsCarriedOut">True: the request takes effect, and then this is what comes back.</param>
    public sealed record Text(int Status, string ContentType, string Body, bool IsCarriedOut = false) : OddReply
    {
        public Dictionary<string, string> Headers { get; init; } = [];
    }

    /// <summary>The request takes effect (or not), then the connection is cut without an answer.</summary>
    public sealed record Cut(bool IsCarriedOut) : OddReply;

    /// <summary>More bytes than anyone should read.</summary>
    public sealed record Huge(int Bytes) : OddReply;

    /// <summary>Headers, then one byte at a time without end, until the caller gives up.</summary>
    /// <param name="Gate">Tells when the first byte is out; it need not be opened.</param>
    public sealed record Drip(Gate Gate) : OddReply;

    /// <summary>Answers properly, but only once the gate opens.</summary>
    public sealed record Held(Gate Gate) : OddReply;

    public static OddReply Json(int status, string body) => new Text(status, "application/json", body);

    public static OddReply Error(string error, int status = 400) => Json(status, $$"""{"error":"{{error}}"}""");
}

/// <summary>Lets a test hold a request at the provider and let it go.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a request stands at the gate.</summary>
    public Task Arrived => _arrived.Task;

    public void Open() => _opened.TrySetResult();

    internal Task PassAsync(CancellationToken cancellationToken)
    {
        _arrived.TrySetResult();
        return _opened.Task.WaitAsync(cancellationToken);
    }
}
