using System.Buffers;
using System.Net;

namespace Behalf.Egress;

/// <summary>
/// A request body that can be sent once. The framework re-sends some requests by itself when a connection drops; this
/// makes it impossible, and tells whether any of the request may have left, and when more of it has. Does not own the
/// body it sends.
/// </summary>
internal sealed class OnceContent : HttpContent
{
    private const int ChunkLength = 64 * 1024;

    private readonly HttpContent _body;
    private readonly Action? _moved;
    private int _started;

    /// <param name="moved">Called whenever a piece was passed on; then the body is read piece by piece.</param>
    public OnceContent(HttpContent body, Action? moved = null)
    {
        _body = body;
        _moved = moved;
        foreach ((string name, IEnumerable<string> values) in body.Headers)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <value>Headers leave together with the first bytes of the body: false means that nothing left.</value>
    public bool Started => Volatile.Read(ref _started) == 1;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken
    ) =>
        Interlocked.Exchange(ref _started, 1) != 0
            ? throw new IOException("The request may have been sent already; it is not sent again.")
        : _moved is null ? _body.CopyToAsync(stream, context, cancellationToken)
        : PassOnAsync(stream, _moved, cancellationToken);

    private async Task PassOnAsync(Stream stream, Action moved, CancellationToken cancellationToken)
    {
        await using Stream body = await _body.ReadAsStreamAsync(cancellationToken);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            for (int read; (read = await body.ReadAsync(chunk, cancellationToken)) > 0; )
            {
                await stream.WriteAsync(chunk.AsMemory(0, read), cancellationToken);
                await stream.FlushAsync(cancellationToken);
                moved();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Headers.ContentLength ?? -1;
        return length >= 0;
    }
}
