using Behalf.Sandbox.World;

namespace Behalf.Sandbox.Judge;

/// <summary><c>GET /_sandbox/world</c>: the cast with its passwords, the places, and who may do what.</summary>
internal sealed class WorldReport(ObjectStore store, AccessRules access, WorldDocument document)
{
    public JsonObject Write()
    {
        lock (store.Gate)
        {
            return new JsonObject
            {
                ["users"] = Rows<User>(WriteUser),
                ["workspaces"] = Rows<Workspace>(w => new JsonObject
                {
                    ["key"] = KeyOf(w),
                    ["gid"] = w.Gid,
                    ["name"] = w.Name,
                    ["is_organization"] = w.IsOrganization,
                    ["plan"] = w.IsPremium ? "premium" : "free",
                    ["members"] = Keys(w.Members.Select(m => m.User)),
                    ["guests"] = Keys(w.Members.Where(m => m.IsGuest).Select(m => m.User)),
                }),
                ["teams"] = Rows<Team>(t => new JsonObject
                {
                    ["key"] = KeyOf(t),
                    ["gid"] = t.Gid,
                    ["name"] = t.Name,
                    ["workspace"] = t.Workspace.Gid,
                    ["visibility"] = t.Visibility.ToString(),
                    ["members"] = Keys(t.Members.Select(m => m.User)),
                }),
                ["projects"] = Rows<Project>(p => new JsonObject
                {
                    ["key"] = KeyOf(p),
                    ["gid"] = p.Gid,
                    ["name"] = p.Name,
                    ["workspace"] = p.Workspace.Gid,
                    ["privacy"] = ProjectFields.PrivacyWord(p.Privacy),
                    ["archived"] = p.Archived,
                }),
                ["keys"] = new JsonObject(store.ByKey.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value.Gid))),
                ["access"] = Matrix(),
                ["story"] = Story(),
            };
        }
    }

    private JsonArray Rows<T>(Func<T, JsonObject> row)
        where T : Entity => new([.. store.All<T>().Select(i => (JsonNode?)row(i))]);

    private static JsonObject WriteUser(User user) =>
        new()
        {
            ["key"] = user.Key,
            ["gid"] = user.Gid,
            ["name"] = user.Name,
            ["email"] = user.Email,
            ["password"] = user.Password,
            ["pat"] = user.Pat,
            ["active"] = user.Active,
            ["service_account"] = user.IsServiceAccount,
        };

    /// <summary>User key → gid → none, read, comment or edit, for every object there is.</summary>
    private JsonObject Matrix()
    {
        var matrix = new JsonObject();
        foreach (var user in store.All<User>())
        {
            var row = new JsonObject();
            foreach (var item in store.Everything)
            {
                row[item.Gid] = access.Of(user, item) switch
                {
                    AccessLevel.None => "none",
                    AccessLevel.Read => "read",
                    AccessLevel.Comment => "comment",
                    _ => "edit",
                };
            }
            matrix[user.Key] = row;
        }
        return matrix;
    }

    private JsonObject Story()
    {
        var story = document.Story;
        var field = (CustomField)store.ByKey[story.PriorityField];
        return new JsonObject
        {
            ["roles"] = new JsonObject
            {
                ["creator"] = WriteUser((User)store.ByKey[story.Roles.Creator]),
                ["outsider"] = WriteUser((User)store.ByKey[story.Roles.Outsider]),
                ["insider"] = WriteUser((User)store.ByKey[story.Roles.Insider]),
            },
            ["project"] = Named(story.Project),
            ["task"] = story.Task,
            ["board"] = Named(story.Board),
            ["priority_field"] = Named(story.PriorityField),
            ["priority_option"] = new JsonObject
            {
                ["gid"] = field.Options.First(o => o.Name == story.PriorityOption).Gid,
                ["name"] = story.PriorityOption,
            },
            ["comment"] = story.Comment,
            ["service_account"] = WriteUser((User)store.ByKey[story.ServiceAccount]),
        };
    }

    /// <summary>An object of the document; its project may have been deleted since, the gid stays.</summary>
    private JsonObject Named(string key)
    {
        var item = store.ByKey[key];
        return new JsonObject
        {
            ["key"] = key,
            ["gid"] = item.Gid,
            ["name"] = item.Title,
        };
    }

    private string? KeyOf(Entity item) => store.ByKey.FirstOrDefault(k => k.Value == item).Key;

    private static JsonArray Keys(IEnumerable<User> users) => new([.. users.Select(u => (JsonNode?)u.Key)]);
}
