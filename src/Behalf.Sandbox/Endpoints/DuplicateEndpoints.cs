namespace Behalf.Sandbox.Endpoints;

/// <summary>Duplicating a task, and the job that stands for it.</summary>
internal static class DuplicateEndpoints
{
    private static readonly string[] Parts =
    [
        "assignee",
        "attachments",
        "dates",
        "dependencies",
        "followers",
        "notes",
        "parent",
        "projects",
        "subtasks",
        "tags",
    ];

    public static void Map(ApiRoutes routes)
    {
        routes.Post("/tasks/{task_gid}/duplicate", Duplicate);
        routes.Get("/jobs/{job_gid}", call => call.One(call.Target<Job>("job_gid")));
    }

    private static ApiAnswer Duplicate(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid");
        call.Data.Only("name", "include");
        var name = call.Data.RequiredText("name");
        var include = call.Data.Gids("include");
        if (include.FirstOrDefault(i => !Parts.Contains(i)) is { } unknown)
        {
            throw Refusal.BadRequest($"include: Not a recognized part: {unknown}");
        }
        // The copy goes only where the caller may put it, and holds only what the caller sees.
        var places = include.Contains("projects")
            ? task.Places.Where(s => call.Access.CanRead(call.User, s)).ToList()
            : [];
        places.ForEach(s => call.Require(s.Project, AccessLevel.Edit));
        var parent =
            include.Contains("parent") && task.Parent is { } p && call.Access.Of(call.User, p) >= AccessLevel.Edit
                ? p
                : null;
        var copy = Copy(call, task, name, include, parent);
        places.ForEach(s => TaskWriter.Place(call, copy, s));
        call.Store.Touch(copy);
        var job = new Job
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Owner = call.User,
            NewTask = copy,
        };
        return call.Created(call.Store.Add(job), "jobs");
    }

    public static TaskItem Copy(
        ApiCall call,
        TaskItem task,
        string name,
        IReadOnlyList<string> include,
        TaskItem? parent
    )
    {
        var view = call.View;
        var copy = new TaskItem
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            ModifiedAt = call.Store.Now,
            Name = name,
            Workspace = task.Workspace,
            CreatedBy = call.User,
            Subtype = task.Subtype,
            Parent = parent,
            NotesHtml = include.Contains("notes") ? RichText.Read(task.NotesHtml, view) : RichText.Empty,
            Assignee = include.Contains("assignee") && task.Assignee is { } a && view.Sees(a) ? a : null,
        };
        copy.Follow(call.User);
        parent?.Subtasks.Add(copy);
        if (include.Contains("dates"))
        {
            (copy.StartOn, copy.DueOn, copy.DueAt) = (task.StartOn, task.DueOn, task.DueAt);
        }
        if (include.Contains("followers"))
        {
            view.Visible(task.Followers).ToList().ForEach(copy.Follow);
        }
        if (copy.Assignee is { } assignee)
        {
            copy.Follow(assignee);
        }
        if (include.Contains("tags"))
        {
            copy.Tags.AddRange(view.Visible(task.Tags));
        }
        call.Store.Add(copy);
        if (include.Contains("dependencies"))
        {
            foreach (var other in view.Visible(task.Dependencies))
            {
                copy.Dependencies.Add(other);
                other.Dependents.Add(copy);
            }
        }
        if (include.Contains("attachments"))
        {
            call.Store.All<Attachment>()
                .Where(x => x.Parent == task)
                .ToList()
                .ForEach(x => call.Store.Add(CopyOf(call, x, copy)));
        }
        if (include.Contains("subtasks"))
        {
            view.Visible(task.Subtasks).ToList().ForEach(s => Copy(call, s, s.Name, include, copy));
        }
        return copy;
    }

    private static Attachment CopyOf(ApiCall call, Attachment attachment, TaskItem parent) =>
        new()
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = attachment.Name,
            Parent = parent,
            CreatedBy = call.User,
            Content = attachment.Content,
            ContentType = attachment.ContentType,
            ExternalUrl = attachment.ExternalUrl,
        };
}
