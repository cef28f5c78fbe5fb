using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Behalf.Sandbox.Endpoints;

/// <summary>
/// Webhooks: a handshake before one exists, then each change once, signed. Targets are of this machine only, so that the
/// practice Asana never calls anybody else.
/// </summary>
internal sealed class WebhookEndpoints : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ObjectStore _store;
    private readonly AccessRules _access;
    private readonly Dictionary<Record, string> _secrets = [];
    private readonly Channel<(Record Hook, JsonArray Events)> _due = Channel.CreateBounded<(Record, JsonArray)>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = Patience,
    };

    public WebhookEndpoints(ObjectStore store, AccessRules access)
    {
        (_store, _access) = (store, access);
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (hook, events) in _due.Reader.ReadAllAsync(stoppingToken))
        {
            await DeliverAsync(hook, events, stoppingToken);
        }
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
                    _due.Writer.TryWrite((hook, [])); // a heartbeat at once
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
                _due.Writer.TryWrite((hook, [EventEndpoints.Write(change)]));
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

    private async Task DeliverAsync(Record hook, JsonArray events, CancellationToken cancellationToken)
    {
        string? secret;
        lock (_store.Gate)
        {
            // Deleted since: nothing more is sent.
            secret = _store.TryFind(hook.Gid, out _) ? _secrets.GetValueOrDefault(hook) : null;
        }
        if (secret is null)
        {
            return;
        }
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["events"] = events }.ToJsonString(ApiPipeline.Plain));
        using var request = new HttpRequestMessage(HttpMethod.Post, (string)hook.Values["target"])
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add(
            "X-Hook-Signature",
            Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))
        );
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            // At most once, as the documentation promises no more; a receiver that is down misses it.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
