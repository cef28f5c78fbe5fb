using System.Globalization;
using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Api;

/// <summary>
/// One authenticated request while it is carried out: who calls, with what, and the ways to look objects up that never
/// hand out one the caller may not see. Lives under <c>ObjectStore.Gate</c>.
/// </summary>
internal sealed record ApiCall
{
    public required HttpContext Http { get; init; }
    public required User User { get; init; }
    public required ScopeSet Scopes { get; init; }
    public required ObjectStore Store { get; init; }
    public required AccessRules Access { get; init; }
    public required Renderer Renderer { get; init; }
    public required Paging Paging { get; init; }
    public required DownloadLinks Links { get; init; }
    public required Properties Data { get; init; }
    public required FieldTree? Fields { get; init; }
    public IFormCollection? Form { get; init; }

    public string Origin => $"{Http.Request.Scheme}://{Http.Request.Host}";

    public View View => new(User, Access, Scopes, Store.Now, Origin, Links, Store);

    public string? Query(string name) =>
        Http.Request.Query.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } text ? text : null;

    public string RequiredQuery(string name) => Query(name) ?? throw Refusal.Missing(name);

    public string Route(string name) => (string)Http.Request.RouteValues[name]!;

    /// <value>1 to 100, or null when the caller does not page.</value>
    public int? Limit(string name = "limit")
    {
        if (Query(name) is not { } text)
        {
            return null;
        }
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= 100
            ? limit
            : throw Refusal.BadRequest($"{name}: Not a valid limit: {text}. Must be between 1 and 100.");
    }

    /// <summary>The object of the path, readable by the caller.</summary>
    public T Target<T>(string parameter)
        where T : Entity => Readable<T>(parameter[..^"_gid".Length], Route(parameter));

    /// <summary>The object of the path, at the level that the operation needs.</summary>
    public T Target<T>(string parameter, AccessLevel level)
        where T : Entity
    {
        var item = Target<T>(parameter);
        Require(item, level);
        return item;
    }

    public void Require(Entity item, AccessLevel level)
    {
        var actual = Access.Of(User, item);
        if (actual == AccessLevel.None)
        {
            throw Refusal.NoAccess(item);
        }
        if (actual < level)
        {
            throw Refusal.RoleTooLow();
        }
    }

    public T Readable<T>(string label, string gid)
        where T : Entity
    {
        var item = Lookup(label, gid);
        if (item is not T typed)
        {
            throw Refusal.WrongKind(label, gid);
        }
        Require(typed, AccessLevel.Read);
        return typed;
    }

    public Entity ReadableAny(string label, string gid)
    {
        var item = Lookup(label, gid);
        Require(item, AccessLevel.Read);
        return item;
    }

    /// <summary>A gid, an email address or "me".</summary>
    public User ReadableUser(string label, string reference)
    {
        if (reference == "me")
        {
            return User;
        }
        if (!reference.Contains('@', StringComparison.Ordinal))
        {
            return Readable<User>(label, reference);
        }
        var found = Store
            .All<User>()
            .FirstOrDefault(u => string.Equals(u.Email, reference, StringComparison.OrdinalIgnoreCase));
        return found is not null && Access.CanRead(User, found) ? found : throw Refusal.Unknown(label, reference);
    }

    public User TargetUser() => ReadableUser("user", Route("user_gid"));

    /// <summary>Somebody who may be given work in a workspace; strangers and people outside it read the same.</summary>
    public User MemberOf(Workspace workspace, string label, string reference)
    {
        var user = reference switch
        {
            "me" => User,
            _ when reference.Contains('@', StringComparison.Ordinal) => Store
                .All<User>()
                .FirstOrDefault(u => string.Equals(u.Email, reference, StringComparison.OrdinalIgnoreCase)),
            _ => Lookup(label, reference) as User ?? throw Refusal.WrongKind(label, reference),
        };
        return user is { Active: true } && workspace.Find(user) is not null && Access.CanRead(User, user)
            ? user
            : throw Refusal.BadRequest($"{label}: Not a user in Organization: {reference}");
    }

    public ApiAnswer One(Entity item) => new(200, Envelope(item));

    public ApiAnswer Created(Entity item, string collection) =>
        new(201, Envelope(item), $"{Origin}/api/1.0/{collection}/{item.Gid}");

    /// <summary>A page of those the caller can see.</summary>
    public ApiAnswer Page(IEnumerable<Entity> items)
    {
        var visible = items.Where(i => Access.CanRead(User, i)).ToList();
        var (page, next) = Paging.Cut(this, visible);
        return new ApiAnswer(200, new JsonObject { ["data"] = Compact(page), ["next_page"] = next });
    }

    /// <summary>The first <paramref name="count"/> the caller can see; typeahead and search do not page.</summary>
    public ApiAnswer First(IEnumerable<Entity> items, int count)
    {
        var visible = items.Where(i => Access.CanRead(User, i)).Take(count).ToList();
        return new ApiAnswer(200, new JsonObject { ["data"] = Compact(visible) });
    }

    private JsonArray Compact(IEnumerable<Entity> items)
    {
        if (Fields is not null)
        {
            foreach (var set in items.Select(FieldSets.Of).Distinct())
            {
                FieldSets.RequireScopes(Fields, set, Scopes);
            }
        }
        return new JsonArray([.. items.Select(i => (JsonNode?)Renderer.Row(View, i, Fields))]);
    }

    private JsonObject Envelope(Entity item)
    {
        if (Fields is not null)
        {
            FieldSets.RequireScopes(Fields, FieldSets.Of(item), Scopes);
        }
        return new JsonObject { ["data"] = Renderer.Record(View, item, Fields) };
    }

    private Entity Lookup(string label, string gid)
    {
        if (gid.Length is 0 or > 32 || !gid.All(char.IsAsciiDigit))
        {
            throw Refusal.BadRequest($"{label}: Not a recognized ID: {gid}");
        }
        if (Store.TryFind(gid, out var item))
        {
            return Access.IsBlocked(item) ? throw Refusal.NotAuthorized() : item;
        }
        throw Store.WasDeleted(gid) ? Refusal.WrongKind(label, gid) : Refusal.Unknown(label, gid);
    }
}
