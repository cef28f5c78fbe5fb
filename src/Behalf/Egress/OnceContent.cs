using System.Net;

namespace Behalf.Egress;

/// <summary>
/// A request body that can be sent once. The framework re-sends some requests by itself when a connection drops; this
/// makes it impossible, and tells whether any of the request may have left. Does not own the body it sends.
/// </summary>
internal sealed class OnceContent : HttpContent
{
    private readonly HttpContent _body;
    private int _started;

    public OnceContent(HttpContent body)
    {
        _body = body;
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
        Interlocked.Exchange(ref _started, 1) == 0
            ? _body.CopyToAsync(stream, context, cancellationToken)
            : throw new IOException("The request may have been sent already; it is not sent again.");

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Headers.ContentLength ?? -1;
        return length >= 0;
    }
}
