namespace Behalf.Egress;

/// <summary>An answer whose body still comes: scrubbed as it is read, bounded in bytes and time. Whoever gets it disposes it.</summary>
public sealed class EgressStream : IAsyncDisposable
{
    private readonly ScrubbedStream _body;
    private readonly IReadOnlyList<IDisposable> _owned;

    internal EgressStream(
        int status,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        ScrubbedStream body,
        IReadOnlyList<IDisposable> owned
    )
    {
        Status = status;
        Headers = headers;
        _body = body;
        _owned = owned;
    }

    public int Status { get; }

    /// <value>In order, one entry per value, scrubbed. Cookies are not kept.</value>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <value>Decompressed. Reading throws <see cref="EgressBrokenException"/> when the rest will not come.</value>
    public Stream Body => _body;

    /// <summary>Waits for the whole body if the provider announced a short one.</summary>
    /// <returns>How many bytes <see cref="Body"/> has to be read; null: only reading tells.</returns>
    /// <exception cref="EgressBrokenException">The rest does not come.</exception>
    public ValueTask<long?> LengthAsync(CancellationToken cancellationToken) => _body.LengthAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync();
        foreach (IDisposable one in _owned)
        {
            one.Dispose();
        }
    }
}

/// <summary>The rest of an answer does not come. The message is for people and names no address of ours.</summary>
public sealed class EgressBrokenException(EgressFailure failure, string message) : IOException(message)
{
    public EgressFailure Failure { get; } = failure;
}
