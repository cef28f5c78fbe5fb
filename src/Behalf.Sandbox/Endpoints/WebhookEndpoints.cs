using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Behalf.Sandbox.Endpoints;

/// <summary>
/// Webhooks: a handshake before one exists, then each change signed, again with growing pauses until it is taken, a
/// heartbeat every eight hours, and an end after a day without success. Targets are of this machine only, so that the
/// practice Asana never calls anybody else.
/// </summary>
internal sealed class WebhookEndpoints : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromHours(8);
    private static readonly TimeSpan Lifeless = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);

    private readonly ObjectStore _store;
    private readonly AccessRules _access;
    private readonly TimeProvider _time;
    private readonly Dictionary<Record, string> _secrets = [];
    private readonly Dictionary<Record, DateTimeOffset> _succeeded = [];
    private readonly List<Delivery> _again = [];
    private readonly Channel<Delivery> _due = Channel.CreateBounded<Delivery>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = Patience,
    };

    public WebhookEndpoints(ObjectStore store, AccessRules access, TimeProvider time)
    {
        (_store, _access, _time) = (store, access, time);
        store.Changes.OnChange = OnChange;
    }

    public void Map(ApiRoutes routes)
    {
        routes.Post("/webhooks", Create);
        routes.Put("/webhooks/{webhook_gid}", Update);
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(DeliverDueAsync(stoppingToken), KeepTimeAsync(stoppingToken));

    private async Task DeliverDueAsync(CancellationToken cancellationToken)
    {
        await foreach (var delivery in _due.Reader.ReadAllAsync(cancellationToken))
        {
            await DeliverAsync(delivery, cancellationToken);
        }
    }

    /// <summary>Heartbeats, deliveries that are to be tried again, and the end of what nobody takes.</summary>
    private async Task KeepTimeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var heartbeat = _time.GetUtcNow() + Heartbeat;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = _time.GetUtcNow();
            lock (_store.Gate)
            {
                foreach (var (hook, last) in _succeeded.Where(one => now - one.Value >= Lifeless).ToList())
                {
                    Forget(hook);
                    if (_store.TryFind(hook.Gid, out _))
                    {
                        _store.Remove(hook);
                    }
                }
                foreach (var delivery in _again.Where(one => one.At <= now).ToList())
                {
                    _again.Remove(delivery);
                    _due.Writer.TryWrite(delivery);
                }
                if (now >= heartbeat)
                {
                    heartbeat = now + Heartbeat;
                    foreach (var hook in _succeeded.Keys)
                    {
                        _due.Writer.TryWrite(new Delivery(hook, [], now));
                    }
                }
            }
        }
    }

    private void Forget(Record hook)
    {
        _secrets.Remove(hook);
        _succeeded.Remove(hook);
        _again.RemoveAll(one => one.Hook == hook);
    }

    private ApiAnswer Create(ApiCall call)
    {
        call.Data.Only("resource", "target", "filters");
        var resource = call.ReadableAny("resource", call.Data.RequiredGid("resource"));
        var text = call.Data.RequiredText("target");
        var target =
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "" }
                ? uri
                : throw Refusal.BadRequest($"target: Not a valid URL: {text}");
        if (!target.IsLoopback)
        {
            throw Refusal.BadRequest("target: The practice Asana delivers to this machine only");
        }
        var filters = call.Data.Objects("filters");
        if (resource is Team or Portfolio or Workspace && filters.Count == 0)
        {
            throw Refusal.BadRequest("filters: Missing input");
        }
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return ApiAnswer.Empty with
        {
            Then = async cancellationToken =>
            {
                await ShakeHandsAsync(target, secret, cancellationToken);
                lock (_store.Gate)
                {
                    _store.Actor = call.User;
                    var values = new Dictionary<string, object?>
                    {
                        ["resource"] = resource,
                        ["target"] = text,
                        ["active"] = true,
                        ["filters"] = Copy(filters),
                    };
                    var home = AccessRules.WorkspaceOf(resource) ?? throw Refusal.WrongKind("resource", resource.Gid);
                    var hook = RecordEndpoints.Add(call, RecordKinds.Webhook, home, values);
                    _secrets[hook] = secret;
                    _succeeded[hook] = _time.GetUtcNow();
                    _due.Writer.TryWrite(new Delivery(hook, [], _time.GetUtcNow())); // a heartbeat at once
                    var answer = call.Created(hook, "webhooks");
                    answer.Body["X-Hook-Secret"] = secret;
                    return answer;
                }
            },
        };
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var hook = RecordEndpoints.Target(call, RecordKinds.Webhook);
        call.Data.Only("filters");
        hook.Values["filters"] = Copy(call.Data.Objects("filters"));
        return call.One(hook);
    }

    private static JsonArray Copy(IReadOnlyList<JsonObject> filters) =>
        new([.. filters.Select(one => one.DeepClone())]);

    private async Task ShakeHandsAsync(Uri target, string secret, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent([]) };
            request.Headers.Add("X-Hook-Secret", secret);
            using var answer = await _http.SendAsync(request, cancellationToken);
            if (
                answer.IsSuccessStatusCode
                && answer.Headers.TryGetValues("X-Hook-Secret", out var echoed)
                && echoed.Contains(secret, StringComparer.Ordinal)
            )
            {
                return;
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        throw Refusal.BadRequest("The remote server did not respond with the handshake secret.");
    }

    /// <summary>Only what the webhook's owner can see now is told.</summary>
    private void OnChange(Change change)
    {
        foreach (var hook in _store.All<Record>().Where(record => record.Kind == RecordKinds.Webhook).ToList())
        {
            if (
                hook != change.Resource
                && change.Concerns((Entity)hook.Values["resource"])
                && _access.CanRead(hook.CreatedBy, change.Resource)
                && Fits(hook, change)
            )
            {
                _due.Writer.TryWrite(new Delivery(hook, [EventEndpoints.Write(change)], _time.GetUtcNow()));
            }
        }
    }

    private static bool Fits(Record hook, Change change)
    {
        var filters = (JsonArray)hook.Values["filters"];
        return filters.Count == 0
            || filters.Any(filter =>
                (filter!["resource_type"] is not { } type || type.ToString() == change.Resource.ResourceType)
                && (filter["action"] is not { } action || action.ToString() == change.Action)
            );
    }

    private async Task DeliverAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var hook = delivery.Hook;
        string? secret;
        lock (_store.Gate)
        {
            // Deleted since: nothing more is sent.
            if (!_store.TryFind(hook.Gid, out _))
            {
                Forget(hook);
            }
            secret = _secrets.GetValueOrDefault(hook);
        }
        if (secret is null)
        {
            return;
        }
        var body = Encoding.UTF8.GetBytes(
            new JsonObject { ["events"] = delivery.Events.DeepClone() }.ToJsonString(ApiPipeline.Plain)
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, (string)hook.Values["target"])
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add(
            "X-Hook-Signature",
            Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))
        );
        string? failure;
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
            failure = answer.IsSuccessStatusCode ? null : $"The target answered {(int)answer.StatusCode}.";
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            failure = "The target did not answer.";
        }
        lock (_store.Gate)
        {
            Note(delivery, failure);
        }
    }

    /// <summary>What came of it, on the webhook itself; what was not taken is tried again until a day has passed.</summary>
    private void Note(Delivery delivery, string? failure)
    {
        var (hook, now) = (delivery.Hook, _time.GetUtcNow());
        if (failure is null)
        {
            _succeeded[hook] = now;
            hook.Values["last_success_at"] = Renderer.Timestamp(now);
            return;
        }
        hook.Values["last_failure_at"] = Renderer.Timestamp(now);
        hook.Values["last_failure_content"] = failure;
        if (now - delivery.Since < Lifeless)
        {
            _again.Add(delivery.Later(now, LongestPause));
        }
    }

    /// <param name="Events">None: a heartbeat.</param>
    /// <param name="Since">When it was first to be sent.</param>
    private sealed record Delivery(Record Hook, JsonArray Events, DateTimeOffset Since)
    {
        public TimeSpan Pause { get; private init; } = TimeSpan.FromMinutes(1);

        /// <value>Not before.</value>
        public DateTimeOffset At { get; private init; } = Since;

        public Delivery Later(DateTimeOffset now, TimeSpan longest) =>
            this with
            {
                At = now + Pause,
                Pause = Pause * 2 < longest ? Pause * 2 : longest,
            };
    }
}
