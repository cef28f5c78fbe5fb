using System.Net;

namespace Behalf.Egress;

/// <summary>
/// Sockets with everything switched off that would act by itself: redirects, cookies, proxies, credentials, tracing
/// headers. HTTP/1.1 only, so a request is on one connection or none. As many connections as there are requests: places are
/// counted where a call enters, and a token request never waits behind calls.
/// </summary>
internal sealed class SocketTransport(EgressDialer dialer) : IEgressTransport
{
    private const int MaxHeadersKilobytes = 32;

    public HttpMessageHandler CreateHandler() =>
        new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = false,
            PreAuthenticate = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.All, // the door counts decompressed bytes
            MaxResponseHeadersLength = MaxHeadersKilobytes,
            MaxResponseDrainSize = 0, // an answer that is cut costs its connection
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // names move
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ActivityHeadersPropagator = null, // no trace of ours leaves, and no URI enters a trace
            ConnectCallback = dialer.ConnectAsync,
        };
}
