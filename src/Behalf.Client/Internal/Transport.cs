using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;

namespace Behalf.Client.Internal;

/// <summary>
/// One origin for both protocols: HTTP/1.1 for the token endpoint, gRPC over HTTP/2 (with prior knowledge on plain http).
/// </summary>
internal sealed class Transport : IDisposable
{
    private readonly HttpMessageHandler? _own;
    private readonly GrpcChannel _channel;

    public Transport(BehalfServerOptions options)
    {
        Server = options.RequireServer();
        _own = options.HttpHandler is null ? Sockets(options.ReadAuthority()) : null;
        var handler = options.HttpHandler ?? _own!;
        Http = new HttpClient(handler, disposeHandler: false)
        {
            BaseAddress = Server,
            Timeout = options.Timeout,
            DefaultRequestVersion = HttpVersion.Version11,
        };
        Streams = new HttpClient(handler, disposeHandler: false)
        {
            BaseAddress = Server,
            Timeout = Timeout.InfiniteTimeSpan, // bodies take as long as they take; the caller's token ends them
            DefaultRequestVersion = HttpVersion.Version11,
        };
        _channel = GrpcChannel.ForAddress(
            Server,
            new GrpcChannelOptions
            {
                HttpHandler = new OpaqueHandler(handler),
                DisposeHttpClient = true,
                MaxReceiveMessageSize = 16 * 1024 * 1024,
                // A call that may write is repeated by its caller only, who knows whether that is safe.
                MaxRetryAttempts = 1,
            }
        );
        Invoker = _channel.CreateCallInvoker();
    }

    public Uri Server { get; }

    public HttpClient Http { get; }

    /// <value>For exchanges whose bodies are streamed.</value>
    public HttpClient Streams { get; }

    public CallInvoker Invoker { get; }

    public void Dispose()
    {
        _channel.Dispose();
        Http.Dispose();
        Streams.Dispose();
        _own?.Dispose();
    }

    private static SocketsHttpHandler Sockets(X509Certificate2Collection? authority)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        };
        if (authority is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck, // a development authority publishes no lists
            };
            policy.CustomTrustStore.AddRange(authority);
            handler.SslOptions.CertificateChainPolicy = policy;
        }
        return handler;
    }
}
