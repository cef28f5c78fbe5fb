using System.Collections.Concurrent;
using Behalf.Egress;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>The outbound side of a test: what nobody registered throws, and is remembered.</summary>
internal sealed class RegisteredOrigins : IEgressTransport
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Uri> _refused = new();

    public IReadOnlyCollection<Uri> Refused => _refused;

    public void Add(string origin) => _known[origin] = true;

    public HttpMessageHandler CreateHandler() => new Handler(this);

    private sealed class Handler(RegisteredOrigins origins)
        : DelegatingHandler(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
            }
        )
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Uri uri = request.RequestUri!;
            if (origins._known.ContainsKey(uri.GetLeftPart(UriPartial.Authority)))
            {
                return base.SendAsync(request, cancellationToken);
            }

            origins._refused.Enqueue(uri);
            throw new InvalidOperationException($"No test registered requests to {uri.Authority}.");
        }
    }
}
