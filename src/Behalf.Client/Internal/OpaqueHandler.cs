namespace Behalf.Client.Internal;

/// <summary>
/// Hides a handler's type. The gRPC channel puts a connect callback of its own into a SocketsHttpHandler it recognises,
/// which then refuses every request that is not gRPC; ours also fetches tokens.
/// </summary>
internal sealed class OpaqueHandler(HttpMessageHandler inner) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _inner = new(inner, disposeHandler: false);

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) => _inner.SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
