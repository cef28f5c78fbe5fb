using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Judge;

/// <summary><c>/_sandbox</c>: for tests and the demo, never for the product.</summary>
internal sealed class JudgeEndpoints(
    ObjectStore store,
    AppRegistry apps,
    TokenStore tokens,
    WorldReport world,
    DataReport data,
    RequestLog requests
)
{
    public void MapTo(IEndpointRouteBuilder app)
    {
        app.MapGet("/_sandbox/world", world.Write);
        app.MapGet("/_sandbox/data", data.Write);
        app.MapGet("/_sandbox/requests", (long? since) => Requests(since ?? 0));
        app.MapDelete("/_sandbox/requests", ClearRequests);
        app.MapPost("/_sandbox/apps", (JsonObject body) => JudgeAnswer.Of(() => AddApp(new Properties(body)), 201));
        app.MapPut(
            "/_sandbox/apps/{clientId}",
            (string clientId, JsonObject body) => JudgeAnswer.Of(() => ChangeApp(clientId, new Properties(body)))
        );
        app.MapPost(
            "/_sandbox/users/{key}",
            (string key, JsonObject body) => JudgeAnswer.Of(() => ChangeUser(key, new Properties(body)))
        );
        app.MapPost("/_sandbox/revoke", (JsonObject body) => JudgeAnswer.Of(() => Revoke(new Properties(body))));
    }

    private JsonObject Requests(long since) =>
        new() { ["requests"] = new JsonArray([.. requests.Since(since).Select(r => (JsonNode?)r.ToJson())]) };

    private IResult ClearRequests()
    {
        requests.Clear();
        return Results.NoContent();
    }

    private JsonObject AddApp(Properties body)
    {
        body.Only("name", "client_id", "client_secret", "redirect_uris", "scopes");
        var (name, redirectUris, scopes) = (body.RequiredText("name"), RedirectUris(body), Scopes(body));
        var (clientId, secret) = (body.Text("client_id"), body.Text("client_secret"));
        lock (store.Gate)
        {
            var app = new App
            {
                Name = name,
                ClientId = clientId ?? store.NextGid(),
                ClientSecret = secret ?? TokenStore.NewValue("secret"),
                RedirectUris = redirectUris,
                Registered = scopes,
            };
            return apps.Add(app) ? ToJson(app) : throw new Refusal(409, $"client_id: taken: {app.ClientId}");
        }
    }

    private JsonObject ChangeApp(string clientId, Properties body)
    {
        body.Only("name", "redirect_uris", "scopes");
        lock (store.Gate)
        {
            var app = apps.Find(clientId) ?? throw new Refusal(404, $"There is no app {clientId}");
            var (uris, scopes) = (
                body.Has("redirect_uris") ? RedirectUris(body) : app.RedirectUris,
                body.Has("scopes") ? Scopes(body) : app.Registered
            );
            (app.RedirectUris, app.Registered, app.Name) = (uris, scopes, body.Text("name") ?? app.Name);
            return ToJson(app);
        }
    }

    private JsonObject ChangeUser(string key, Properties body)
    {
        body.Only("active");
        lock (store.Gate)
        {
            var user = FindUser(key);
            user.Active = body.Flag("active") ?? user.Active;
            return new JsonObject { ["key"] = user.Key, ["active"] = user.Active };
        }
    }

    private JsonObject Revoke(Properties body)
    {
        body.Only("user", "client_id");
        var (key, clientId) = (body.RequiredText("user"), body.RequiredText("client_id"));
        lock (store.Gate)
        {
            var app = apps.Find(clientId) ?? throw new Refusal(404, $"There is no app {clientId}");
            return new JsonObject { ["revoked_grants"] = tokens.RevokeAll(FindUser(key), app) };
        }
    }

    private User FindUser(string key) =>
        store.All<User>().FirstOrDefault(u => u.Key == key) ?? throw new Refusal(404, $"There is no user {key}");

    private static IReadOnlyList<string> RedirectUris(Properties body)
    {
        var uris = body.Gids("redirect_uris");
        return uris.Select(AppRegistry.Objection).FirstOrDefault(o => o is not null) is { } objection
            ? throw Refusal.BadRequest(objection)
            : uris;
    }

    /// <summary>"default", a list, or names separated by spaces.</summary>
    private static ScopeSet Scopes(Properties body)
    {
        var scopes = body.Node("scopes") switch
        {
            null => ScopeSet.Full,
            JsonArray => ScopeSet.Of(body.Gids("scopes")),
            _ => ScopeSet.Parse(body.RequiredText("scopes")),
        };
        var unknown = scopes.Names.FirstOrDefault(s => !OperationTable.KnownScopes.Contains(s));
        return unknown is null ? scopes : throw Refusal.BadRequest($"scopes: Asana has no scope {unknown}");
    }

    private static JsonObject ToJson(App app) =>
        new()
        {
            ["name"] = app.Name,
            ["client_id"] = app.ClientId,
            ["client_secret"] = app.ClientSecret,
            ["redirect_uris"] = new JsonArray([.. app.RedirectUris.Select(u => (JsonNode?)u)]),
            ["scopes"] = new JsonArray([.. app.Registered.Names.Select(s => (JsonNode?)s)]),
        };
}
