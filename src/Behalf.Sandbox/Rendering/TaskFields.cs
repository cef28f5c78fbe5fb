namespace Behalf.Sandbox.Rendering;

internal static class TaskFields
{
    /// <summary>One place of a task; a place in a hidden project is not there at all.</summary>
    public static readonly FieldSet<Section> Place = new FieldSet<Section>()
        .Compact("project", (_, s) => s.Project, () => ProjectFields.Project)
        .Compact("section", (_, s) => s, () => ProjectFields.Section);

    public static readonly FieldSet<TaskItem> Task = new FieldSet<TaskItem>("tasks:read")
        .Compact("name", (_, t) => t.Name)
        .Compact("resource_subtype", (_, t) => t.Subtype)
        .Full("actual_time_minutes", (_, _) => null, null, "time_tracking_entries:read")
        .OptIn("approval_status", (_, _) => null)
        .Full("assignee", (_, t) => t.Assignee, () => PeopleFields.User)
        .Full("assignee_status", (_, _) => "inbox")
        .Full("completed", (_, t) => t.Completed)
        .Full("completed_at", (_, t) => t.CompletedAt)
        .OptIn("completed_by", (_, t) => t.CompletedBy, () => PeopleFields.User)
        .Full("created_at", (_, t) => t.CreatedAt)
        .OptIn("created_by", (_, t) => t.CreatedBy, () => PeopleFields.User)
        .Full("custom_fields", (v, t) => CustomFieldFields.ValuesOf(v, t), () => CustomFieldFields.Value)
        .OptIn("dependencies", (_, t) => t.Dependencies, () => Task!)
        .OptIn("dependents", (_, t) => t.Dependents, () => Task!)
        .Full("due_at", (_, t) => t.DueAt)
        .Full("due_on", (_, t) => t.DueOn)
        .Full("followers", (_, t) => t.Followers, () => PeopleFields.User)
        .Full("hearted", (_, _) => false)
        .Full("hearts", (_, _) => new JsonArray())
        .OptIn("html_notes", (v, t) => RichText.Read(t.NotesHtml, v))
        .Full("liked", (_, _) => false)
        .Full("likes", (_, _) => new JsonArray())
        .Full(
            "memberships",
            (v, t) => t.Places.Where(v.Sees).Select(s => new Part(Place!, s)),
            () => Place!,
            "projects:read",
            "project_sections:read"
        )
        .Full("modified_at", (_, t) => t.ModifiedAt)
        .Full("notes", (v, t) => RichText.ReadPlain(t.NotesHtml, v))
        .Full("num_hearts", (_, _) => 0)
        .Full("num_likes", (_, _) => 0)
        .OptIn("num_subtasks", (v, t) => v.Visible(t.Subtasks).Count())
        .Full("parent", (_, t) => t.Parent, () => Task!)
        .Full("permalink_url", (v, t) => v.Permalink(t))
        .Full("projects", (_, t) => t.Projects.Distinct(), () => ProjectFields.Project)
        .Full("start_at", (_, _) => null)
        .Full("start_on", (_, t) => t.StartOn)
        .Full("tags", (_, t) => t.Tags, () => TagFields.Tag)
        .Full("workspace", (_, t) => t.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<UserTaskList> List = new FieldSet<UserTaskList>("tasks:read")
        .Compact("name", (v, l) => $"My tasks in {v.NameOf(l.Workspace)}")
        .Compact("owner", (_, l) => l.Owner, () => PeopleFields.User)
        .Compact("workspace", (_, l) => l.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<Job> Job = new FieldSet<Job>("jobs:read")
        .Compact("resource_subtype", (_, j) => j.Subtype)
        .Compact("status", (_, _) => "succeeded")
        .Full("new_task", (_, j) => j.NewTask, () => Task, "tasks:read")
        .Compact("new_project", (_, j) => j.NewProject, () => ProjectFields.Project)
        .Compact("new_project_template", (_, j) => j.NewTemplate);
}
