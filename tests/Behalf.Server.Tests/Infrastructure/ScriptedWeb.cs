using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Behalf.Egress;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Hosts with https URLs, as a test scripts them; what came is kept.</summary>
internal sealed class ScriptedWeb
{
    private readonly ConcurrentDictionary<string, Func<HttpRequestMessage, Task<HttpResponseMessage>>> _answers = new(
        StringComparer.Ordinal
    );

    public ConcurrentQueue<string> Asked { get; } = new();

    public void Answer(string url, Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) =>
        _answers[url] = answer;

    public void Answer(
        string url,
        string body,
        HttpStatusCode status = HttpStatusCode.OK,
        string type = "application/json",
        string? cacheControl = null,
        string? location = null
    ) =>
        Answer(
            url,
            _ =>
            {
                HttpResponseMessage response = new(status) { Content = new StringContent(body, Encoding.UTF8, type) };
                if (cacheControl is not null)
                {
                    response.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
                }

                if (location is not null)
                {
                    response.Headers.Location = new Uri(location);
                }

                return Task.FromResult(response);
            }
        );

    public bool Knows(Uri uri) => _answers.ContainsKey(uri.GetLeftPart(UriPartial.Path));

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        string url = request.RequestUri!.GetLeftPart(UriPartial.Path);
        Asked.Enqueue(url);
        return _answers[url](request);
    }

    public int CountOf(string url) => Asked.Count(asked => asked == url);
}

/// <summary>The scripted hosts in front of the registered origins.</summary>
internal sealed class ScriptedHosts(ScriptedWeb web, RegisteredOrigins outside) : IEgressTransport
{
    public HttpMessageHandler CreateHandler() => new Handler(web, outside.CreateHandler());

    private sealed class Handler(ScriptedWeb web, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => web.Knows(request.RequestUri!) ? web.SendAsync(request) : base.SendAsync(request, cancellationToken);
    }
}
