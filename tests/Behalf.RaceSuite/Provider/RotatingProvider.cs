using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.RaceSuite.Provider;

/// <summary>
/// An OAuth server and its API on a loopback port: one set of endpoints for all habits, since the token tells whose and
/// which it is. Outlives every server of the suite.
/// </summary>
internal sealed class RotatingProvider : IAsyncDisposable
{
    public const string ClientId = "client-of-acme";
    public const string ClientSecret = "secret-of-the-client";

    /// <summary>The servers' word for a request that was sent once more after an unknown outcome.</summary>
    private const long Probed = 6;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<TokenFault>> _faults = new(StringComparer.Ordinal);

    private RotatingProvider(WebApplication app) => _app = app;

    public Ledger Ledger { get; } = new(TimeProvider.System);

    public string Origin { get; private set; } = string.Empty;

    /// <value>What may go wrong with a token request that has no fault of its own; null: nothing.</value>
    public Func<Grant, TokenFault?>? Weather { get; set; }

    /// <value>How long each call of the API takes.</value>
    public TimeSpan CallDelay { get; set; }

    /// <value>Of each installation: how a user's last refresh attempt stands there; null: not known there, or not now.</value>
    public ConcurrentBag<Func<Habit, string, Task<long?>>> AttemptStates { get; } = [];

    public int FaultsPlayed => _played;

    private int _played;

    public static async Task<RotatingProvider> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        RotatingProvider provider = new(app);
        app.MapPost("/token", provider.TokenAsync);
        app.MapPost("/revoke", provider.RevokeAsync);
        app.MapGet("/api/whose", provider.WhoseAsync);
        app.MapGet("/api/me", context => provider.CallAsync(context, null, context.Request.Query["mark"]));
        app.MapPost("/api/notes", provider.NoteAsync);
        await app.StartAsync();
        provider.Origin = app.Urls.Single();
        return provider;
    }

    /// <summary>The next token request of the user goes wrong like this; several are played in their order.</summary>
    public void Plan(string user, TokenFault fault) =>
        _faults.GetOrAdd(user, _ => new ConcurrentQueue<TokenFault>()).Enqueue(fault);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TokenAsync(HttpContext context)
    {
        IReadOnlyDictionary<string, string> form = await FormAsync(context);
        if (form.GetValueOrDefault("client_secret") != ClientSecret)
        {
            await WriteAsync(context, 401, new JsonObject { ["error"] = "invalid_client" });
            return;
        }

        string token = form.GetValueOrDefault("refresh_token", string.Empty);
        Grant? grant = Ledger.Arrive(token, out bool isRepeat);
        if (grant is not null && isRepeat && await IsUnrecordedAsync(grant))
        {
            Ledger.RepeatedUnrecorded(grant);
        }

        TokenFault fault = (grant is null ? null : Next(grant)) ?? new TokenFault();
        if (fault.Status is { } status)
        {
            Ledger.TurnedAway(token);
            await WriteAsync(context, status, new JsonObject { ["error"] = "temporarily_unavailable" });
            return;
        }

        Pair? pair = fault is { IsCarriedOut: true, IsCarriedOutFirst: true } ? Ledger.Renew(token) : null;
        if (fault.Gate is { } gate)
        {
            await gate.PassAsync();
        }

        await Task.Delay(fault.Delay, TimeProvider.System);
        if (fault is { IsCarriedOut: true, IsCarriedOutFirst: false })
        {
            pair = Ledger.Renew(token);
        }

        if (fault.IsReplyLost)
        {
            context.Abort();
        }
        else if (pair is null)
        {
            await WriteAsync(context, 400, new JsonObject { ["error"] = "invalid_grant" });
        }
        else
        {
            await WriteAsync(
                context,
                200,
                new JsonObject
                {
                    ["access_token"] = pair.Access,
                    ["refresh_token"] = pair.Refresh,
                    ["token_type"] = "bearer",
                    ["expires_in"] = (long)Ledger.AccessLifetime.TotalSeconds,
                }
            );
        }
    }

    /// <summary>While its answer is waited for, a probe stands in the books of whoever sent it.</summary>
    private async Task<bool> IsUnrecordedAsync(Grant grant)
    {
        foreach (Func<Habit, string, Task<long?>> book in AttemptStates)
        {
            if (await book(grant.Habit, grant.User) is { } state)
            {
                return state != Probed;
            }
        }

        return false; // nobody's books can be read at the moment
    }

    private TokenFault? Next(Grant grant)
    {
        TokenFault? fault =
            _faults.TryGetValue(grant.User, out ConcurrentQueue<TokenFault>? planned)
            && planned.TryDequeue(out TokenFault? next)
                ? next
                : Weather?.Invoke(grant);
        if (fault is not null)
        {
            Interlocked.Increment(ref _played);
        }

        return fault;
    }

    private async Task RevokeAsync(HttpContext context)
    {
        IReadOnlyDictionary<string, string> form = await FormAsync(context);
        Ledger.Revoke(form.GetValueOrDefault("token", string.Empty));
        await WriteAsync(context, 200, []);
    }

    private async Task NoteAsync(HttpContext context)
    {
        JsonNode? body = await JsonNode.ParseAsync(context.Request.Body);
        await CallAsync(context, (string)body!["id"]!, (string?)body["mark"]);
    }

    /// <summary>Asked when an account is made; no user's call.</summary>
    private Task WhoseAsync(HttpContext context) => AnswerAsync(context, Ledger.Whose(Bearer(context)));

    private async Task CallAsync(HttpContext context, string? note, string? mark)
    {
        await Task.Delay(CallDelay, TimeProvider.System);
        await AnswerAsync(context, Ledger.Call(Bearer(context), note, mark));
    }

    private static string Bearer(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token]
            ? token
            : string.Empty;

    private static Task AnswerAsync(HttpContext context, string? user) =>
        WriteAsync(
            context,
            user is null ? 401 : 200,
            user is null ? new JsonObject { ["error"] = "token" } : new JsonObject { ["user"] = user }
        );

    private static async Task<IReadOnlyDictionary<string, string>> FormAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync();
        return text.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(
                pair => WebUtility.UrlDecode(pair[0]),
                pair => WebUtility.UrlDecode(pair[1]),
                StringComparer.Ordinal
            );
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString(JsonSerializerOptions.Web));
    }
}
