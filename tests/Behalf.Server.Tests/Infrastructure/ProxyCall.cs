using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Requests through the proxy, and what the provider got of them.</summary>
internal sealed class ProxyCall(Stage stage)
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public string Path { get; init; } = "/things/1";

    /// <value>Null: none is named.</value>
    public string? Identifier { get; init; } = "alice";

    public string? Connection { get; init; } = Stage.Connection;

    /// <value>Null: the service credential's.</value>
    public string? Token { get; init; }

    public HttpContent? Content { get; init; }

    public (string Name, string Value)[] Headers { get; init; } = [];

    public Version Version { get; init; } = HttpVersion.Version11;

    public async Task<Reply> SendAsync()
    {
        using HttpRequestMessage request = ToRequest();
        return await stage.Server.SendAsync(request);
    }

    /// <returns>As soon as the answer's head is there.</returns>
    public async Task<HttpResponseMessage> OpenAsync(CancellationToken? cancellationToken = null)
    {
        HttpRequestMessage request = ToRequest();
        return await stage.Server.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken ?? TestContext.Current.CancellationToken
        );
    }

    private HttpRequestMessage ToRequest()
    {
        // Exactly as it is written: the framework would resolve what a test wants to send.
        Uri uri = new(
            $"{stage.Server.Server.Url}/proxy{Path}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        HttpRequestMessage request = new(Method, uri)
        {
            Content = Content,
            Version = Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token ?? stage.Server.ServiceToken);
        Add("connection_name", Connection);
        Add("identifier", Identifier);
        foreach ((string name, string value) in Headers)
        {
            Add(name, value);
        }

        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value).Should().BeTrue();
            }
        }
    }
}

/// <summary>What arrived at the provider, and an answer that a test wrote.</summary>
internal sealed class ProviderEnd(Func<HttpContext, Task> answer)
{
    private readonly List<(string Target, string Method, Dictionary<string, string> Headers)> _requests = [];

    public IReadOnlyList<(string Target, string Method, Dictionary<string, string> Headers)> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public Task AnswerAsync(HttpContext context)
    {
        lock (_requests)
        {
            _requests.Add(
                (
                    context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                    context.Request.Method,
                    context.Request.Headers.ToDictionary(
                        header => header.Key,
                        header => header.Value.ToString(),
                        StringComparer.OrdinalIgnoreCase
                    )
                )
            );
        }

        return answer(context);
    }
}
