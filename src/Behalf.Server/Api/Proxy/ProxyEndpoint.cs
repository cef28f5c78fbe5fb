using Behalf.Egress;
using Behalf.Identity;
using Behalf.Proxy;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Behalf.Server.Api.Proxy;

/// <summary><c>/proxy&lt;path&gt;</c>: the provider's API as the user whom the headers name, bodies streamed both ways.</summary>
internal static class ProxyEndpoint
{
    private const string ConnectionHeader = "connection_name";
    private const string IdentifierHeader = "identifier";
    private const string AgentRunHeader = "behalf-agent-run-id";
    private const int MaxAgentRunLength = 255;

    /// <summary>What it needs is there once for the server, and is asked of it without a scope for each request.</summary>
    public static void MapProxy(this IEndpointRouteBuilder app)
    {
        IServiceProvider services = app.ServiceProvider;
        app.Map(
                "/proxy/{**path}",
                [Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
                (HttpContext http) => PassAsync(http, services)
            )
            .WithDisplayName("proxy");
    }

    private static async Task PassAsync(HttpContext http, IServiceProvider services)
    {
        Allow(http, services.GetRequiredService<IOptions<BehalfOptions>>().Value.Proxy);
        Result<ProxyAnswer> answer = await SendAsync(
            http,
            services.GetRequiredService<IIdentity>(),
            services.GetRequiredService<IProxy>()
        );
        if (!answer.Succeeded)
        {
            if (answer.Problem.Execution is { } execution)
            {
                http.Response.Headers[ProxyAnswerHeaders.Execution] = execution.ToString();
            }

            await ProblemAnswer.WriteAsync(http, answer.Problem);
            return;
        }

        await using ProxyAnswer given = answer.Value;
        ProxyAnswerHeaders.Write(http.Response, given);
        try
        {
            if (MayHaveLength(http, given.Status))
            {
                http.Response.ContentLength = await given.LengthAsync(http.RequestAborted);
            }

            await http.Response.StartAsync(http.RequestAborted);
            await given.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
        catch (EgressBrokenException)
        {
            // The head is out: only a connection that breaks off tells the caller that this is not the whole answer.
            http.Abort();
        }
    }

    /// <summary>RFC 9110 §8.6: what a length says where there is no body is another answer's.</summary>
    private static bool MayHaveLength(HttpContext http, int status) =>
        !HttpMethods.IsHead(http.Request.Method)
        && status
            is not (
                StatusCodes.Status204NoContent
                or StatusCodes.Status205ResetContent
                or StatusCodes.Status304NotModified
            );

    private static async Task<Result<ProxyAnswer>> SendAsync(HttpContext http, IIdentity identity, IProxy proxy)
    {
        Principal principal = Caller.Of(http);
        StringValues named = http.Request.Headers[IdentifierHeader];
        Result<ActingSubject> subject =
            named.Count > 1
                ? Problem.Invalid(IdentifierHeader, "once", "the header must stand once")
                : await identity.ActForAsync(principal, named.Count == 0 ? null : named[0], http.RequestAborted);
        if (!subject.Succeeded)
        {
            return subject.Problem;
        }

        Result<ProxyRequest> request = Read(http, principal);
        return request.Succeeded
            ? await proxy.SendAsync(subject.Value, request.Value, http.RequestAborted)
            : request.Problem;
    }

    private static Result<ProxyRequest> Read(HttpContext http, Principal principal)
    {
        StringValues connection = http.Request.Headers[ConnectionHeader];
        if (connection is not [{ Length: > 0 } name])
        {
            return Problem.Invalid(ConnectionHeader, "required", "the header must stand once and name the connection");
        }

        if (!ConnectionName.TryParse(name, out ConnectionName parsed, out string? problem))
        {
            return Problem.Invalid(ConnectionHeader, "connection_name", problem);
        }

        if (RawTarget.Read(http) is not (var path, var query))
        {
            return Problem.Invalid("path_refused", "The request's target must be /proxy and the path, as they are.");
        }

        if (HoldsToken(http, path, query))
        {
            return Problem.Invalid(
                "credential_misplaced",
                "The access token stands outside of the Authorization header, where it would be sent to the provider."
            );
        }

        string run = http.Request.Headers[AgentRunHeader].ToString();
        if (run.Length > MaxAgentRunLength)
        {
            return Problem.Invalid(AgentRunHeader, "max_len", $"is longer than {MaxAgentRunLength}");
        }

        return new ProxyRequest
        {
            Connection = parsed,
            Method = new HttpMethod(http.Request.Method),
            Path = path,
            Query = query,
            Headers = HeadersOf(http.Request.Headers),
            Content = ContentOf(http),
            AgentRun = run.Length == 0 ? null : run,
            ActingThrough = $"proxy · {principal.DisplayName}",
        };
    }

    private static List<KeyValuePair<string, string>> HeadersOf(IHeaderDictionary received)
    {
        List<KeyValuePair<string, string>> headers = new(received.Count);
        foreach ((string name, StringValues values) in received)
        {
            foreach (string? value in values)
            {
                headers.Add(KeyValuePair.Create(name, value ?? string.Empty));
            }
        }

        return headers;
    }

    private static ProxyContent? ContentOf(HttpContext http) =>
        http.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody
            ? new ProxyContent(http.Request.Body, http.Request.ContentLength)
            : null;

    /// <summary>Larger bodies than elsewhere pass here, in pieces.</summary>
    private static void Allow(HttpContext http, ProxyOptions limits)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limits.MaxBytes;
        }
    }

    private static bool HoldsToken(HttpContext http, string path, string query)
    {
        List<ReadOnlyMemory<char>> tokens =
            BearerTokens.ReadInPlace(http.Request.Headers.Authorization, several: true) ?? [];
        foreach (ReadOnlyMemory<char> token in tokens)
        {
            if (Holds(path, token) || Holds(query, token))
            {
                return true;
            }

            foreach ((string name, StringValues values) in http.Request.Headers)
            {
                if (
                    !name.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase)
                    && Holds(values.ToString(), token)
                )
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Holds(string text, ReadOnlyMemory<char> token) =>
        text.AsSpan().Contains(token.Span, StringComparison.Ordinal);
}
