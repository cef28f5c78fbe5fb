namespace Behalf.Sandbox.Endpoints;

/// <summary>Applies the <c>data</c> of a create or an update to a task, and tells its story.</summary>
internal static class TaskWriter
{
    public const int MostProjects = 20;
    public static readonly string[] Common =
    [
        "name",
        "notes",
        "html_notes",
        "assignee",
        "completed",
        "due_on",
        "due_at",
        "start_on",
        "resource_subtype",
        "custom_fields",
        "approval_status",
        "liked",
        "assignee_section",
        "external",
    ];

    private static readonly string[] NotKept = ["approval_status", "liked", "assignee_section", "external"];

    /// <param name="isNew">On a new task nothing is announced but the assignment.</param>
    public static void Apply(ApiCall call, TaskItem task, bool isNew)
    {
        var data = call.Data;
        if (Array.Find(NotKept, data.Has) is { } unsupported)
        {
            throw Refusal.NotWritable(unsupported);
        }
        if (data.Has("name"))
        {
            Rename(call, task, data.Text("name") ?? "", isNew);
        }
        if (Notes(call, isComment: false) is { } notes && notes != task.NotesHtml)
        {
            task.NotesHtml = notes;
            Tell(call, task, "notes_changed", "changed the description", null, isNew);
        }
        if (data.Text("resource_subtype") is { } subtype)
        {
            task.Subtype = subtype is "default_task" or "milestone" or "section" or "approval"
                ? subtype
                : throw Refusal.BadRequest($"resource_subtype: Not a recognized subtype: {subtype}");
        }
        Dates(call, task, isNew);
        if (data.Has("assignee"))
        {
            Assign(call, task, data.Gid("assignee"));
        }
        if (data.Flag("completed") is { } completed && completed != task.Completed)
        {
            task.Completed = completed;
            task.CompletedAt = completed ? call.Store.Now : null;
            task.CompletedBy = completed ? call.User : null;
            var words = completed ? "marked this task complete" : "marked this task incomplete";
            Tell(call, task, completed ? "marked_complete" : "marked_incomplete", words, null, isNew);
        }
        if (data.Object("custom_fields") is { } values)
        {
            CustomFieldWriter.Apply(call, task, values, isNew);
        }
    }

    /// <summary>Rich text from <c>html_notes</c> or plain <c>notes</c> (for comments: <c>html_text</c>, <c>text</c>); null when neither is there.</summary>
    public static string? Notes(ApiCall call, bool isComment)
    {
        var (plain, rich) = isComment ? ("text", "html_text") : ("notes", "html_notes");
        if (call.Data.Has(plain) && call.Data.Has(rich))
        {
            throw Refusal.BadRequest($"You may only provide one of {plain} or {rich}!");
        }
        if (call.Data.Text(rich) is { } html)
        {
            return RichText.Accept(rich, html, isComment, call.View);
        }
        if (!call.Data.Has(plain))
        {
            return null;
        }
        var text = call.Data.Text(plain) ?? "";
        return text.Length <= RichText.MaxLength
            ? RichText.FromPlain(text)
            : throw Refusal.BadRequest($"{plain}: Too long, at most {RichText.MaxLength} characters");
    }

    public static void Assign(ApiCall call, TaskItem task, string? reference)
    {
        var assignee = reference is null ? null : call.MemberOf(task.Workspace, "assignee", reference);
        if (assignee == task.Assignee)
        {
            return;
        }
        task.Assignee = assignee;
        if (assignee is null)
        {
            Tell(call, task, "unassigned", "unassigned", null);
            return;
        }
        task.Follow(assignee);
        Tell(call, task, "assigned", "assigned to", assignee);
    }

    public static void Place(ApiCall call, TaskItem task, Section section, int? position = null)
    {
        if (task.Projects.Distinct().Count() >= MostProjects && !task.Projects.Contains(section.Project))
        {
            throw Refusal.BadRequest($"A task can be in at most {MostProjects} projects");
        }
        var before = task.Places.Find(s => s.Project == section.Project);
        if (before is not null)
        {
            before.Tasks.Remove(task);
            task.Places.Remove(before);
        }
        section.Tasks.Insert(Math.Clamp(position ?? section.Tasks.Count, 0, section.Tasks.Count), task);
        task.Places.Add(section);
        if (before is null)
        {
            Tell(call, task, "added_to_project", "added to", section.Project);
        }
        else if (before != section)
        {
            Tell(call, task, "section_changed", "moved this task to", section);
        }
    }

    public static void Tell(
        ApiCall call,
        Entity target,
        string subtype,
        string words,
        Entity? subject,
        bool silent = false
    )
    {
        if (!silent)
        {
            call.Store.Add(
                new Story
                {
                    Gid = call.Store.NextGid(),
                    CreatedAt = call.Store.Now,
                    Target = target,
                    CreatedBy = call.User,
                    Subtype = subtype,
                    Words = words,
                    Subject = subject,
                }
            );
        }
    }

    private static void Rename(ApiCall call, TaskItem task, string name, bool isNew)
    {
        if (name.Length > 1024)
        {
            throw Refusal.BadRequest("name: Too long, at most 1024 characters");
        }
        if (name != task.Name)
        {
            task.Name = name;
            Tell(call, task, "name_changed", $"changed the name to \"{name}\"", null, isNew);
        }
    }

    private static void Dates(ApiCall call, TaskItem task, bool isNew)
    {
        var data = call.Data;
        if (data.Text("due_on") is not null && data.Text("due_at") is not null)
        {
            throw Refusal.BadRequest("You may only provide one of due_on or due_at!");
        }
        var writesDue = data.Has("due_on") || data.Has("due_at");
        if (data.Text("start_on") is not null && data.Text("due_on") is null && data.Text("due_at") is null)
        {
            throw Refusal.BadRequest("start_on: You must provide a due date in the same request");
        }
        if (data.Has("start_on"))
        {
            task.StartOn = data.Date("start_on");
        }
        if (!writesDue)
        {
            return;
        }
        task.DueAt = data.Moment("due_at");
        task.DueOn = task.DueAt is { } moment ? DateOnly.FromDateTime(moment.UtcDateTime) : data.Date("due_on");
        if (task.StartOn > task.DueOn)
        {
            throw Refusal.BadRequest("start_on: Start date must be before the due date");
        }
        var words = task.DueOn is { } date ? $"changed the due date to {date:yyyy-MM-dd}" : "removed the due date";
        Tell(call, task, "due_date_changed", words, null, isNew);
    }
}
