namespace Behalf.Sandbox.Model;

internal sealed class TaskItem : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public required User CreatedBy { get; init; }
    public string Subtype { get; set; } = "default_task";

    /// <summary>Rich text, <c>&lt;body&gt;…&lt;/body&gt;</c>.</summary>
    public string NotesHtml { get; set; } = RichText.Empty;

    public User? Assignee { get; set; }
    public bool Completed { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }
    public User? CompletedBy { get; set; }
    public DateOnly? StartOn { get; set; }
    public DateOnly? DueOn { get; set; }
    public DateTimeOffset? DueAt { get; set; }
    public DateTimeOffset ModifiedAt { get; set; }

    /// <summary>In no project, but made visible to the whole workspace (not to guests).</summary>
    public bool IsPublic { get; init; }

    public TaskItem? Parent { get; set; }
    public List<TaskItem> Subtasks { get; } = [];
    public List<User> Followers { get; } = [];
    public List<Section> Places { get; } = [];
    public List<Tag> Tags { get; } = [];
    public List<TaskItem> Dependencies { get; } = [];
    public List<TaskItem> Dependents { get; } = [];

    /// <summary>string, decimal, <see cref="EnumOption"/>, list of options, list of users, or <see cref="DateOnly"/>.</summary>
    public Dictionary<CustomField, object> Values { get; } = [];

    public override string ResourceType => "task";
    public override string Title => Name;

    public IEnumerable<Project> Projects => Places.Select(s => s.Project);

    public void Follow(User user)
    {
        if (!Followers.Contains(user))
        {
            Followers.Add(user);
        }
    }

    /// <returns>Puts what an update can change back to what it is now.</returns>
    public Action Remember()
    {
        var (name, notes, subtype, assignee) = (Name, NotesHtml, Subtype, Assignee);
        var (completed, completedAt, completedBy) = (Completed, CompletedAt, CompletedBy);
        var (startOn, dueOn, dueAt) = (StartOn, DueOn, DueAt);
        var followers = Followers.ToList();
        var values = Values.ToList();
        return () =>
        {
            (Name, NotesHtml, Subtype, Assignee) = (name, notes, subtype, assignee);
            (Completed, CompletedAt, CompletedBy) = (completed, completedAt, completedBy);
            (StartOn, DueOn, DueAt) = (startOn, dueOn, dueAt);
            Followers.Clear();
            Followers.AddRange(followers);
            Values.Clear();
            values.ForEach(v => Values.Add(v.Key, v.Value));
        };
    }
}
