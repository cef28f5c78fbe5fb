namespace Behalf.Sandbox.World;

/// <summary>Builds the tasks of a document with their comments, attachments, parents and dependencies.</summary>
internal sealed class TaskSeed(
    IReadOnlyList<TaskEntry> entries,
    ObjectStore store,
    IReadOnlyDictionary<string, string> gids
)
{
    private readonly Dictionary<string, TaskEntry> _byKey = entries.ToDictionary(e => e.Key);

    public void Plant()
    {
        foreach (var entry in entries)
        {
            Ensure(entry);
        }
        foreach (var entry in entries)
        {
            var task = Get<TaskItem>(entry.Key);
            foreach (var other in entry.DependsOn.Select(Get<TaskItem>))
            {
                task.Dependencies.Add(other);
                other.Dependents.Add(task);
            }
            store.Search.Record(task);
        }
    }

    private T Get<T>(string key)
        where T : Entity => (T)store.ByKey[key];

    private TaskItem Ensure(TaskEntry entry)
    {
        if (store.ByKey.TryGetValue(entry.Key, out var existing))
        {
            return (TaskItem)existing;
        }
        var parent = entry.Parent is { } parentKey ? Ensure(_byKey[parentKey]) : null;
        var creator = Get<User>(entry.CreatedBy);
        var task = new TaskItem
        {
            Gid = gids[entry.Key],
            CreatedAt = store.Now,
            ModifiedAt = store.Now,
            Name = entry.Name,
            Workspace = WorkspaceOf(entry, parent),
            CreatedBy = creator,
            NotesHtml = WorldSeed.Html(entry.Notes, entry.HtmlNotes, gids),
            Assignee = entry.Assignee is { } assignee ? Get<User>(assignee) : null,
            Completed = entry.Completed,
            CompletedAt = entry.Completed ? store.Now : null,
            CompletedBy = entry.Completed ? creator : null,
            DueOn = entry.DueInDays is { } days ? DateOnly.FromDateTime(store.Now.UtcDateTime).AddDays(days) : null,
            IsPublic = entry.Public,
            Parent = parent,
        };
        parent?.Subtasks.Add(task);
        task.Follow(creator);
        if (task.Assignee is { } user)
        {
            task.Follow(user);
        }
        entry.Followers.Select(Get<User>).ToList().ForEach(task.Follow);
        task.Tags.AddRange(entry.Tags.Select(Get<Tag>));
        store.Add(task, entry.Key);
        Place(task, entry, creator);
        foreach (var (key, value) in entry.Fields)
        {
            var field = Get<CustomField>(key);
            task.Values[field] = Value(field, value);
        }
        entry.Comments.ToList().ForEach(c => Comment(task, c));
        entry.Attachments.ToList().ForEach(a => WorldSeed.Attach(store, task, a));
        return task;
    }

    private Workspace WorkspaceOf(TaskEntry entry, TaskItem? parent) =>
        entry.Workspace is { } key ? Get<Workspace>(key)
        : parent is not null ? parent.Workspace
        : Get<Project>(entry.Projects[0].Project).Workspace;

    private void Place(TaskItem task, TaskEntry entry, User creator)
    {
        foreach (var place in entry.Projects)
        {
            var project = Get<Project>(place.Project);
            var section = project.Sections.First(s => s.Name == place.Section);
            section.Tasks.Add(task);
            task.Places.Add(section);
            store.Add(
                new Story
                {
                    Gid = store.NextGid(),
                    CreatedAt = store.Now,
                    Target = task,
                    CreatedBy = creator,
                    Subtype = "added_to_project",
                    Words = "added to",
                    Subject = project,
                }
            );
        }
    }

    private object Value(CustomField field, JsonNode value) =>
        field.Type switch
        {
            FieldType.Enum => Option(field, value),
            FieldType.MultiEnum => value.AsArray().Select(v => Option(field, v!)).ToList(),
            FieldType.People => value.AsArray().Select(v => Get<User>(v!.ToString())).ToList(),
            FieldType.Number => decimal.Parse(value.ToString()),
            FieldType.Date => DateOnly.ParseExact(value.ToString(), "yyyy-MM-dd"),
            _ => value.ToString(),
        };

    private static EnumOption Option(CustomField field, JsonNode name) =>
        field.Options.First(o => o.Name == name.ToString());

    private void Comment(TaskItem task, CommentEntry entry) =>
        store.Add(
            new Story
            {
                Gid = store.NextGid(),
                CreatedAt = store.Now,
                Target = task,
                CreatedBy = Get<User>(entry.By),
                Subtype = "comment_added",
                Html = WorldSeed.Html(entry.Text, entry.HtmlText, gids),
            }
        );
}
