using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.TestAuthorizationServer;

/// <summary>
/// A small real OAuth server with a protected API on a loopback port of its own. Time is the test's; nothing here decides
/// what is right for the product, it only behaves as providers do.
/// </summary>
public sealed class ProviderServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ProviderClient> _clients = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();
    private readonly ConcurrentQueue<OddReply> _nextApiReplies = new();
    private readonly Grants _grants;

    private ProviderServer(WebApplication app, TimeProvider time)
    {
        _app = app;
        _grants = new Grants(time);
    }

    /// <value>Such as <c>http://127.0.0.1:40001</c>, without a trailing slash.</value>
    public string Origin { get; private set; } = string.Empty;

    public IReadOnlyList<ReceivedRequest> Received => [.. _received];

    /// <value>Every code and token this server ever gave: what must never be found elsewhere.</value>
    public IReadOnlyList<string> Issued => [.. _grants.Issued];

    /// <value>Whose key a request without a grant carries; null: keys are not taken.</value>
    public Func<HttpRequest, string?>? UserOfKey { get; set; }

    public int CountTokenRequests(string grantType) =>
        _received.Count(r => r.Endpoint == "token" && r.GrantType == grantType);

    public static async Task<ProviderServer> StartAsync(TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var server = new ProviderServer(app, time);
        app.MapGet("/authorize", server.AuthorizeAsync);
        app.MapPost("/token", server.TokenAsync);
        app.MapPost("/revoke", server.RevokeAsync);
        app.MapPost("/introspect", server.IntrospectAsync);
        app.Map("/api/{**path}", server.ApiAsync);
        await app.StartAsync();
        server.Origin = app.Urls.Single();
        return server;
    }

    public ProviderClient AddClient(string id, string secret, params string[] redirectUris)
    {
        var client = new ProviderClient { Id = id, Secret = secret };
        client.RedirectUris.UnionWith(redirectUris);
        _clients[id] = client;
        return client;
    }

    /// <summary>Tokens that the user granted to the same OAuth client before it moved here.</summary>
    public (string AccessToken, string RefreshToken) GrantElsewhere(
        ProviderClient client,
        string user,
        params string[] scopes
    )
    {
        Pair pair = _grants.Give(client, user, scopes);
        return (pair.AccessToken, pair.RefreshToken!);
    }

    /// <summary>Every access token of the user ends now; refresh tokens stay.</summary>
    public void EndAccessTokens(string user) => _grants.EndAccess(user);

    public int CountLiveGrants(string user) => _grants.CountLive(user);

    /// <value>Answers API requests in place of everything else; null: the usual answers.</value>
    public Func<HttpContext, Task>? Api { get; set; }

    /// <returns>Whose access token the request carries; null when it is none that works.</returns>
    public string? UserOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal) ? _grants.FindAccess(header[7..])?.User : null;
    }

    public void AnswerNextApiRequest(OddReply reply) => _nextApiReplies.Enqueue(reply);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>Consent without a page: the query parameter <c>login</c> is the user who agrees; <c>deny</c> is one who does not.</summary>
    private Task AuthorizeAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        string redirectUri = query["redirect_uri"].ToString();
        if (
            !_clients.TryGetValue(query["client_id"].ToString(), out ProviderClient? client)
            || !client.RedirectUris.Contains(redirectUri)
        )
        {
            context.Response.StatusCode = 400;
            return context.Response.WriteAsync("unknown client or redirect_uri");
        }

        var answer = new List<string>();
        if (query.ContainsKey("deny"))
        {
            answer.Add("error=access_denied");
            answer.Add($"error_description={Uri.EscapeDataString(query["deny"].ToString())}");
        }
        else
        {
            string[] scopes = query["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string? challenge = query["code_challenge_method"] == "S256" ? query["code_challenge"].ToString() : null;
            string[] granted = client.ScopesGranted is { } only ? [.. scopes.Where(only.Contains)] : scopes;
            string code = _grants.AddCode(client, query["login"].ToString(), redirectUri, granted, challenge);
            answer.Add($"code={Uri.EscapeDataString(code)}");
        }

        answer.Add($"state={Uri.EscapeDataString(query["state"].ToString())}");
        if (client.Issuer is { } issuer)
        {
            answer.Add($"iss={Uri.EscapeDataString(issuer)}");
        }

        context.Response.Redirect($"{redirectUri}?{string.Join('&', answer)}");
        return Task.CompletedTask;
    }

    private async Task TokenAsync(HttpContext context)
    {
        (string text, Dictionary<string, string> form) = await ReadFormAsync(context);
        string? grantType = form.GetValueOrDefault("grant_type");
        void Note(string? user, int status) =>
            _received.Enqueue(new("token", "POST", context.Request.Path, grantType, user, status, text));

        if (Authenticate(context, form) is not { } client)
        {
            Note(null, 401);
            await WriteAsync(context, 401, new JsonObject { ["error"] = "invalid_client" });
            return;
        }

        OddReply? odd = Next(client.NextTokenReplies);
        if (odd is OddReply.Held { Gate: var gate })
        {
            await gate.PassAsync(context.RequestAborted);
            odd = null;
        }

        bool isCarriedOut = odd is null or OddReply.Text { IsCarriedOut: true } or OddReply.Cut { IsCarriedOut: true };
        Pair? pair = isCarriedOut ? Grant(client, grantType, form) : null;
        if (odd is not null)
        {
            Note(pair?.Grant.User, odd is OddReply.Text { Status: var status } ? status : 0);
            await AnswerOddlyAsync(context, odd);
            return;
        }

        Note(pair?.Grant.User, pair is null ? 400 : 200);
        if (pair is null)
        {
            await WriteAsync(context, 400, new JsonObject { ["error"] = "invalid_grant" });
            return;
        }

        await WriteAsync(context, 200, Describe(client, pair));
    }

    private Pair? Grant(ProviderClient client, string? grantType, Dictionary<string, string> form) =>
        grantType switch
        {
            "authorization_code" => _grants.Exchange(
                client,
                form.GetValueOrDefault("code", string.Empty),
                form.GetValueOrDefault("redirect_uri", string.Empty),
                form.GetValueOrDefault("code_verifier")
            ),
            "refresh_token" => _grants.Renew(client, form.GetValueOrDefault("refresh_token", string.Empty)),
            _ => null,
        };

    private static JsonObject Describe(ProviderClient client, Pair pair)
    {
        var answer = new JsonObject { ["access_token"] = pair.AccessToken, ["token_type"] = "bearer" };
        if (client.NamesLifetime)
        {
            answer["expires_in"] = (long)client.AccessLifetime.TotalSeconds;
        }

        if (client.RefreshLifetime is { } lifetime)
        {
            answer["refresh_token_expires_in"] = (long)lifetime.TotalSeconds;
        }

        if (pair.RefreshToken is not null)
        {
            answer["refresh_token"] = pair.RefreshToken;
        }

        if (client.NamesScopes)
        {
            answer["scope"] = string.Join(' ', pair.Grant.Scopes);
        }

        if (client.NamesUser)
        {
            answer["data"] = UserOf(pair.Grant);
        }

        return answer;
    }

    private static JsonObject UserOf(Grant grant) => new() { ["gid"] = $"user-{grant.User}", ["name"] = grant.User };

    private async Task RevokeAsync(HttpContext context)
    {
        (string text, Dictionary<string, string> form) = await ReadFormAsync(context);
        ProviderClient? client = Authenticate(context, form);
        OddReply? odd = client is null ? null : Next(client.NextRevokeReplies);
        if (odd is OddReply.Held { Gate: var gate })
        {
            await gate.PassAsync(context.RequestAborted);
            odd = null;
        }

        string? user =
            client is null || odd is not null
                ? null
                : _grants.Revoke(client, form.GetValueOrDefault("token", string.Empty));
        int status =
            client is null ? 401
            : odd is OddReply.Text told ? told.Status
            : 200;
        _received.Enqueue(new("revoke", "POST", context.Request.Path, null, user, status, text));
        if (odd is not null)
        {
            await AnswerOddlyAsync(context, odd);
            return;
        }

        context.Response.StatusCode = status;
    }

    private async Task IntrospectAsync(HttpContext context)
    {
        (string text, Dictionary<string, string> form) = await ReadFormAsync(context);
        ProviderClient? client = Authenticate(context, form);
        Grant? grant = client is null ? null : _grants.FindAccess(form.GetValueOrDefault("token", string.Empty));
        _received.Enqueue(
            new("introspect", "POST", context.Request.Path, null, grant?.User, client is null ? 401 : 200, text)
        );
        var answer = new JsonObject { ["active"] = grant is not null };
        if (grant is not null)
        {
            answer["scope"] = string.Join(' ', grant.Scopes);
        }

        await WriteAsync(context, client is null ? 401 : 200, answer);
    }

    /// <summary>The protected API: says whose token was used, for any path and method.</summary>
    private async Task ApiAsync(HttpContext context)
    {
        if (Api is { } own)
        {
            await own(context);
            return;
        }

        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(context.RequestAborted);
        string header = context.Request.Headers.Authorization.ToString();
        Grant? grant = header.StartsWith("Bearer ", StringComparison.Ordinal) ? _grants.FindAccess(header[7..]) : null;
        string? user = grant?.User ?? UserOfKey?.Invoke(context.Request);
        OddReply? odd = _nextApiReplies.TryDequeue(out OddReply? next) ? next : null;
        if (odd is OddReply.Held { Gate: var gate })
        {
            await gate.PassAsync(context.RequestAborted);
            odd = null;
        }

        int status =
            odd is OddReply.Text told ? told.Status
            : user is null ? 401
            : 200;
        string path = $"{context.Request.Path}{context.Request.QueryString}";
        _received.Enqueue(new("api", context.Request.Method, path, null, user, status, text));
        if (odd is not null)
        {
            await AnswerOddlyAsync(context, odd);
            return;
        }

        await WriteAsync(
            context,
            status,
            user is null ? new JsonObject { ["error"] = "not authorized" }
                : grant is not null && context.Request.Path.Value!.EndsWith("/users/me", StringComparison.Ordinal)
                    ? new JsonObject { ["data"] = UserOf(grant) }
                : grant is not null ? new JsonObject { ["user"] = user }
                : new JsonObject { ["user"] = user, ["echo"] = EchoOf(context.Request) }
        );
    }

    /// <summary>Whatever may carry a credential, as it came.</summary>
    private static string EchoOf(HttpRequest request) =>
        string.Join(
            ' ',
            request
                .Headers.Where(header =>
                    header.Key == "Authorization" || header.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase)
                )
                .Select(header => header.Value.ToString())
                .Prepend(request.QueryString.ToString())
        );

    private ProviderClient? Authenticate(HttpContext context, Dictionary<string, string> form)
    {
        string? id = form.GetValueOrDefault("client_id");
        string? secret = form.GetValueOrDefault("client_secret");
        string header = context.Request.Headers.Authorization.ToString();
        bool isBasic = header.StartsWith("Basic ", StringComparison.Ordinal);
        if (isBasic)
        {
            string[] parts = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])).Split(':', 2);
            (id, secret) = (Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts[1]));
        }

        return
            id is not null
            && _clients.TryGetValue(id, out ProviderClient? client)
            && client.Secret == secret
            && (isBasic || client.AcceptsSecretInBody)
            ? client
            : null;
    }

    private static async Task AnswerOddlyAsync(HttpContext context, OddReply odd)
    {
        switch (odd)
        {
            case OddReply.Text text:
                context.Response.StatusCode = text.Status;
                context.Response.ContentType = text.ContentType;
                foreach ((string name, string value) in text.Headers)
                {
                    context.Response.Headers[name] = value;
                }

                await context.Response.WriteAsync(text.Body);
                break;
            case OddReply.Cut:
                context.Abort();
                break;
            case OddReply.Huge huge:
                context.Response.ContentType = "application/json";
                byte[] block = new byte[64 * 1024];
                Array.Fill(block, (byte)' ');
                for (
                    int sent = 0;
                    sent < huge.Bytes && !context.RequestAborted.IsCancellationRequested;
                    sent += block.Length
                )
                {
                    await context.Response.Body.WriteAsync(block, context.RequestAborted);
                }

                break;
            case OddReply.Drip drip:
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync("{"u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await drip.Gate.PassAsync(context.RequestAborted); // the rest never comes
                break;
            default:
                throw new InvalidOperationException($"Unexpected reply {odd.GetType().Name}.");
        }
    }

    private static async Task<(string Text, Dictionary<string, string> Form)> ReadFormAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(context.RequestAborted);
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            form[Decode(parts[0])] = parts.Length == 2 ? Decode(parts[1]) : string.Empty;
        }

        return (text, form);
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static OddReply? Next(Queue<OddReply> replies)
    {
        lock (replies)
        {
            return replies.TryDequeue(out OddReply? reply) ? reply : null;
        }
    }

    private static Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(JsonSerializerOptions.Web));
    }
}
