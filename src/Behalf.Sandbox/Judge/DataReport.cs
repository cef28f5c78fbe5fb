using System.Text;
using System.Xml.Linq;

namespace Behalf.Sandbox.Judge;

/// <summary><c>GET /_sandbox/data</c>: every object as it is, through nobody's eyes.</summary>
internal sealed class DataReport(ObjectStore store)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public JsonObject Write()
    {
        lock (store.Gate)
        {
            return new JsonObject
            {
                ["projects"] = Rows<Project>(WriteProject),
                ["tasks"] = Rows<TaskItem>(WriteTask),
                ["stories"] = Rows<Story>(WriteStory),
                ["attachments"] = Rows<Attachment>(a => new JsonObject
                {
                    ["gid"] = a.Gid,
                    ["name"] = a.Name,
                    ["parent"] = a.Parent.Gid,
                    ["created_by"] = a.CreatedBy.Key,
                    ["size"] = a.Content.Length,
                    ["text"] = Text(a.Content),
                }),
                ["tags"] = Rows<Tag>(t => With(Plain(t), "workspace", t.Workspace.Gid)),
                ["custom_fields"] = Rows<CustomField>(WriteField),
                ["teams"] = Rows<Team>(t => new JsonObject
                {
                    ["gid"] = t.Gid,
                    ["name"] = t.Name,
                    ["workspace"] = t.Workspace.Gid,
                    ["description"] = t.Description,
                    ["members"] = Keys(t.Members.Select(m => m.User)),
                }),
                ["portfolios"] = Rows<Portfolio>(p => new JsonObject
                {
                    ["gid"] = p.Gid,
                    ["name"] = p.Name,
                    ["workspace"] = p.Workspace.Gid,
                    ["owner"] = p.Owner.Key,
                    ["items"] = Gids(p.Items),
                }),
                ["goals"] = Rows<Goal>(g => new JsonObject
                {
                    ["gid"] = g.Gid,
                    ["name"] = g.Name,
                    ["workspace"] = g.Workspace.Gid,
                    ["team"] = g.Team?.Gid,
                    ["owner"] = g.Owner.Key,
                    ["notes"] = g.Notes,
                }),
                ["status_updates"] = Rows<StatusUpdate>(WriteStatus),
                ["access_requests"] = Rows<AccessRequest>(r => new JsonObject
                {
                    ["gid"] = r.Gid,
                    ["requester"] = r.Requester.Key,
                    ["target"] = r.Target.Gid,
                    ["message"] = r.Message,
                }),
            };
        }
    }

    private JsonArray Rows<T>(Func<T, JsonObject> row)
        where T : Entity => new([.. store.All<T>().Select(i => (JsonNode?)row(i))]);

    private static JsonObject WriteProject(Project project) =>
        new()
        {
            ["gid"] = project.Gid,
            ["name"] = project.Name,
            ["workspace"] = project.Workspace.Gid,
            ["team"] = project.Team?.Gid,
            ["privacy"] = ProjectFields.PrivacyWord(project.Privacy),
            ["archived"] = project.Archived,
            ["html_notes"] = project.NotesHtml,
            ["notes"] = Unmarked(project.NotesHtml),
            ["owner"] = project.Owner?.Key,
            ["members"] = new JsonObject(
                project.Members.Select(m =>
                    KeyValuePair.Create((m.Member as User)?.Key ?? m.Member.Gid, (JsonNode?)m.Level.Word())
                )
            ),
            ["sections"] = new JsonArray([.. project.Sections.Select(s => (JsonNode?)Plain(s))]),
            ["fields"] = Gids(project.Fields.Select(s => s.Field)),
            ["tasks"] = Gids(project.Tasks),
        };

    private static JsonObject WriteTask(TaskItem task) =>
        new()
        {
            ["gid"] = task.Gid,
            ["name"] = task.Name,
            ["html_notes"] = task.NotesHtml,
            ["notes"] = Unmarked(task.NotesHtml),
            ["workspace"] = task.Workspace.Gid,
            ["created_by"] = task.CreatedBy.Key,
            ["created_at"] = Renderer.Timestamp(task.CreatedAt),
            ["modified_at"] = Renderer.Timestamp(task.ModifiedAt),
            ["assignee"] = task.Assignee?.Key,
            ["followers"] = Keys(task.Followers),
            ["completed"] = task.Completed,
            ["due_on"] = task.DueOn?.ToString("yyyy-MM-dd"),
            ["start_on"] = task.StartOn?.ToString("yyyy-MM-dd"),
            ["projects"] = Gids(task.Projects),
            ["sections"] = Gids(task.Places),
            ["parent"] = task.Parent?.Gid,
            ["subtasks"] = Gids(task.Subtasks),
            ["tags"] = Gids(task.Tags),
            ["dependencies"] = Gids(task.Dependencies),
            ["custom_fields"] = new JsonObject(task.Values.Select(v => KeyValuePair.Create(v.Key.Gid, Value(v.Value)))),
        };

    /// <summary>Options as <c>{gid, name}</c>, people by key, the rest as they are.</summary>
    private static JsonNode? Value(object value) =>
        value switch
        {
            string text => text,
            decimal number => number,
            DateOnly date => date.ToString("yyyy-MM-dd"),
            EnumOption option => Plain(option),
            IEnumerable<EnumOption> options => new JsonArray([.. options.Select(o => (JsonNode?)Plain(o))]),
            IEnumerable<User> users => Keys(users),
            _ => throw new InvalidOperationException($"No JSON form for {value.GetType().Name}."),
        };

    private static JsonObject WriteStory(Story story) =>
        new()
        {
            ["gid"] = story.Gid,
            ["target"] = story.Target.Gid,
            ["author"] = story.CreatedBy.Key,
            ["created_at"] = Renderer.Timestamp(story.CreatedAt),
            ["type"] = story.IsComment ? "comment" : "system",
            ["resource_subtype"] = story.Subtype,
            ["html_text"] = story.Html,
            ["text"] = story.Html is { } html ? Unmarked(html) : $"{story.Words} {story.Subject?.Title}".TrimEnd(),
        };

    private static JsonObject WriteStatus(StatusUpdate status) =>
        new()
        {
            ["gid"] = status.Gid,
            ["title"] = status.Name,
            ["parent"] = status.Parent.Gid,
            ["author"] = status.CreatedBy.Key,
            ["status_type"] = status.StatusType,
            ["html_text"] = status.Html,
            ["text"] = Unmarked(status.Html),
        };

    private static JsonObject WriteField(CustomField field) =>
        new()
        {
            ["gid"] = field.Gid,
            ["name"] = field.Name,
            ["workspace"] = field.Workspace.Gid,
            ["description"] = field.Description,
            ["options"] = new JsonArray([.. field.Options.Select(o => (JsonNode?)Plain(o))]),
        };

    /// <summary>The words of rich text, links left out.</summary>
    private static string Unmarked(string html) => XElement.Parse(html).Value;

    /// <summary>Null for what is no text.</summary>
    private static string? Text(byte[] content)
    {
        try
        {
            return Utf8.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static JsonObject Plain(Entity item) => new() { ["gid"] = item.Gid, ["name"] = item.Title };

    private static JsonObject With(JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    private static JsonArray Gids(IEnumerable<Entity> items) => new([.. items.Select(i => (JsonNode?)i.Gid)]);

    private static JsonArray Keys(IEnumerable<User> users) => new([.. users.Select(u => (JsonNode?)u.Key)]);
}
