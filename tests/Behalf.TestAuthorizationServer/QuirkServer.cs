using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.TestAuthorizationServer;

/// <summary>
/// Stand-ins for providers on one loopback port, each below a path of its own: their token endpoints with the habits of
/// <see cref="Quirk"/>, and an API that answers what a test gives it. A request outside the habits is refused, and said why
/// in <see cref="Refusals"/>.
/// </summary>
public sealed class QuirkServer : IAsyncDisposable
{
    public const string ClientId = "client-of-acme";
    public const string ClientSecret = "secret-of-the-client";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Quirk> _quirks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _access = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _refresh = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(int Status, string Body)> _next = new();
    private int _issued;

    private QuirkServer(WebApplication app) => _app = app;

    public string Origin { get; private set; } = string.Empty;

    /// <value>Why requests were refused, in their order.</value>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <value>Method and path below the provider's, of each API request that was let in.</value>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <value>The access tokens that came with <see cref="Calls"/>, in the same order.</value>
    public ConcurrentQueue<string> Tokens { get; } = new();

    public ConcurrentQueue<string> Grants { get; } = new();

    public ConcurrentQueue<string> Revoked { get; } = new();

    /// <value>Answers an API request: (provider, method, path) to status and body; null: 404.</value>
    public Func<string, string, string, (int Status, string Body)?> Api { get; set; } = (_, _, _) => null;

    public static async Task<QuirkServer> StartAsync(IEnumerable<Quirk> quirks)
    {
        ArgumentNullException.ThrowIfNull(quirks);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var server = new QuirkServer(app);
        foreach (Quirk quirk in quirks)
        {
            server._quirks[quirk.Slug] = quirk;
        }

        app.Map("/{slug}/{**path}", server.AnswerAsync);
        await app.StartAsync();
        server.Origin = app.Urls.Single();
        return server;
    }

    public void EndAccess() => _access.Clear();

    public void AnswerNext(int status, string body) => _next.Enqueue((status, body));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context, string slug, string? path)
    {
        Quirk quirk = _quirks[slug];
        string at = $"/{path}";
        return at == quirk.AuthorizePath ? AuthorizeAsync(context, quirk)
            : at == quirk.TokenPath ? TokenAsync(context, quirk)
            : at == quirk.RevokePath ? RevokeAsync(context, quirk)
            : ApiAsync(context, quirk, at);
    }

    private Task AuthorizeAsync(HttpContext context, Quirk quirk)
    {
        IQueryCollection query = context.Request.Query;
        string? missing = quirk.Authorize.FirstOrDefault(pair => query[pair.Key] != pair.Value).Key;
        if (
            query["client_id"] != ClientId
            || missing is not null
            || query[quirk.ScopeParameter].ToString() != quirk.Scopes
        )
        {
            return RefuseAsync(
                context,
                400,
                $"{quirk.Slug} authorize: {missing ?? $"{quirk.ScopeParameter}={query[quirk.ScopeParameter]}"}"
            );
        }

        context.Response.Redirect(
            $"{query["redirect_uri"]}?code={Issue(_refresh, "code")}&state={Uri.EscapeDataString(query["state"]!)}"
        );
        return Task.CompletedTask;
    }

    private async Task TokenAsync(HttpContext context, Quirk quirk)
    {
        Dictionary<string, string> form = await BodyAsync(context, quirk.JsonToken);
        string? why =
            ProblemWithClient(context, quirk.BasicToken, form)
            ?? quirk
                .Headers.Where(pair => context.Request.Headers[pair.Key] != pair.Value)
                .Select(p => p.Key)
                .FirstOrDefault()
            ?? quirk
                .TokenParameters.Where(pair => form.GetValueOrDefault(pair.Key) != pair.Value)
                .Select(p => p.Key)
                .FirstOrDefault();
        if (why is not null)
        {
            await RefuseAsync(context, 400, $"{quirk.Slug} token: {why}");
            return;
        }

        string grant = form.GetValueOrDefault("grant_type", "");
        string given = form.GetValueOrDefault(grant == "refresh_token" ? "refresh_token" : "code", "");
        bool rotates = grant != "refresh_token" || quirk.Rotates;
        if (!(rotates ? _refresh.TryRemove(given, out _) : _refresh.ContainsKey(given)))
        {
            await WriteAsync(context, quirk.RefusalStatus, quirk.Refusal);
            return;
        }

        Grants.Enqueue($"{quirk.Slug} {grant}");
        JsonObject tokens = new() { ["access_token"] = Issue(_access, "at"), ["token_type"] = quirk.TokenType };
        if (quirk.Refreshes && rotates)
        {
            tokens["refresh_token"] = Issue(_refresh, "rt");
        }

        if (quirk.Lifetime is { } lifetime)
        {
            tokens["expires_in"] = lifetime;
        }

        if (quirk.Granted is { } granted)
        {
            tokens["scope"] = granted;
        }

        JsonObject answer = quirk.Wrap?.Invoke(tokens, Origin) ?? tokens;
        if (quirk.FormAnswer)
        {
            context.Response.ContentType = "application/x-www-form-urlencoded; charset=utf-8";
            await context.Response.WriteAsync(
                string.Join('&', answer.Select(pair => $"{pair.Key}={WebUtility.UrlEncode(pair.Value!.ToString())}"))
            );
            return;
        }

        await WriteAsync(context, 200, answer.ToJsonString());
    }

    private async Task RevokeAsync(HttpContext context, Quirk quirk)
    {
        Dictionary<string, string> form = await BodyAsync(context, quirk.JsonRevoke);
        string bearer = Bearer(context);
        string? why =
            context.Request.Method != quirk.RevokeMethod ? "method"
            : quirk.RevokeParameter is null ? (_access.ContainsKey(bearer) ? null : "bearer")
            : ProblemWithClient(context, quirk.BasicRevoke, form);
        string token = quirk.RevokeParameter is { } name ? form.GetValueOrDefault(name, "") : bearer;
        if (why is not null || !(_access.TryRemove(token, out _) || _refresh.TryRemove(token, out _)))
        {
            await RefuseAsync(context, 400, $"{quirk.Slug} revoke: {why ?? "unknown token"}");
            return;
        }

        Revoked.Enqueue(quirk.Slug);
        await WriteAsync(context, 200, "{\"ok\":true}");
    }

    private async Task ApiAsync(HttpContext context, Quirk quirk, string path)
    {
        if (!_access.ContainsKey(Bearer(context)))
        {
            await WriteAsync(context, quirk.RejectedStatus, quirk.Rejected);
            return;
        }

        if (quirk.Headers.Any(pair => context.Request.Headers[pair.Key] != pair.Value))
        {
            await RefuseAsync(context, 400, $"{quirk.Slug} api: a header is missing");
            return;
        }

        string call = $"{context.Request.Method} {path}";
        if (path == quirk.UserPath && quirk.User is { } user)
        {
            await WriteAsync(context, 200, user);
            return;
        }

        Calls.Enqueue(call);
        Tokens.Enqueue(Bearer(context));
        (int status, string body) = _next.TryDequeue(out (int, string) odd)
            ? odd
            : Api(quirk.Slug, context.Request.Method, path) ?? (404, "{}");
        await WriteAsync(context, status, body);
    }

    private static string? ProblemWithClient(HttpContext context, bool basic, Dictionary<string, string> form)
    {
        string header = context.Request.Headers.Authorization.ToString();
        string expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{ClientSecret}"));
        return basic ? (header == $"Basic {expected}" && !form.ContainsKey("client_secret") ? null : "client by Basic")
            : form.GetValueOrDefault("client_secret") == ClientSecret && header.Length == 0 ? null
            : "client in the body";
    }

    private static async Task<Dictionary<string, string>> BodyAsync(HttpContext context, bool json)
    {
        using StreamReader reader = new(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(context.RequestAborted);
        bool isJson = context.Request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true;
        return isJson != json ? []
            : json
                ? JsonNode
                    .Parse(text)!
                    .AsObject()
                    .ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>())
            : text.Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => WebUtility.UrlDecode(pair[0]), pair => WebUtility.UrlDecode(pair[1]));
    }

    private static string Bearer(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token]
            ? token
            : string.Empty;

    private string Issue(ConcurrentDictionary<string, string> into, string kind)
    {
        string token = $"{kind}-{Interlocked.Increment(ref _issued)}-of-the-stand-in";
        into[token] = kind;
        return token;
    }

    private Task RefuseAsync(HttpContext context, int status, string why)
    {
        Refusals.Enqueue(why);
        return WriteAsync(context, status, "{\"error\":\"invalid_request\"}");
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return status == 204 ? Task.CompletedTask : context.Response.WriteAsync(body);
    }
}
