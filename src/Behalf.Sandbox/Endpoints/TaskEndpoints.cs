namespace Behalf.Sandbox.Endpoints;

internal static class TaskEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/tasks", List);
        routes.Post("/tasks", Create);
        routes.Get("/tasks/{task_gid}", call => call.One(call.Target<TaskItem>("task_gid")));
        routes.Put("/tasks/{task_gid}", Update);
        routes.Delete("/tasks/{task_gid}", Delete);
        routes.Get("/projects/{project_gid}/tasks", call => Filtered(call, call.Target<Project>("project_gid").Tasks));
        routes.Get("/sections/{section_gid}/tasks", call => Filtered(call, call.Target<Section>("section_gid").Tasks));
        routes.Get("/tags/{tag_gid}/tasks", call => Filtered(call, Tagged(call, call.Target<Tag>("tag_gid"))));
        routes.Get(
            "/user_task_lists/{user_task_list_gid}",
            call => call.One(call.Target<UserTaskList>("user_task_list_gid"))
        );
        routes.Get(
            "/user_task_lists/{user_task_list_gid}/tasks",
            call => Filtered(call, Assigned(call, call.Target<UserTaskList>("user_task_list_gid")))
        );
        routes.Get("/tasks/{task_gid}/subtasks", call => call.Page(call.Target<TaskItem>("task_gid").Subtasks));
        routes.Get(
            "/tasks/{task_gid}/projects",
            call => call.Page(call.Target<TaskItem>("task_gid").Projects.Distinct())
        );
        routes.Get("/tasks/{task_gid}/tags", call => call.Page(call.Target<TaskItem>("task_gid").Tags));
        routes.Post("/tasks/{task_gid}/subtasks", CreateSubtask);
    }

    private static ApiAnswer List(ApiCall call)
    {
        var contexts = new[] { "project", "tag", "section", "user_task_list" }
            .Where(c => call.Query(c) is not null)
            .ToList();
        var byAssignee = call.Query("assignee") is not null;
        if (contexts.Count + (byAssignee ? 1 : 0) != 1 || (byAssignee && call.Query("workspace") is null))
        {
            throw Refusal.BadRequest(
                "Must specify exactly one of project, tag, section, user task list, or assignee + workspace"
            );
        }
        if (byAssignee)
        {
            var workspace = call.Readable<Workspace>("workspace", call.Query("workspace")!);
            var user = call.ReadableUser("assignee", call.Query("assignee")!);
            return Filtered(
                call,
                call.Store.All<TaskItem>().Where(t => t.Workspace == workspace && t.Assignee == user)
            );
        }
        var gid = call.Query(contexts[0])!;
        return contexts[0] switch
        {
            "project" => Filtered(call, call.Readable<Project>("project", gid).Tasks),
            "section" => Filtered(call, call.Readable<Section>("section", gid).Tasks),
            "tag" => Filtered(call, Tagged(call, call.Readable<Tag>("tag", gid))),
            _ => Filtered(call, Assigned(call, call.Readable<UserTaskList>("user_task_list", gid))),
        };
    }

    private static ApiAnswer Filtered(ApiCall call, IEnumerable<TaskItem> tasks)
    {
        if (call.Query("completed_since") is { } since)
        {
            var moment = since == "now" ? DateTimeOffset.MaxValue : Since("completed_since", since);
            tasks = tasks.Where(t => !t.Completed || t.CompletedAt >= moment);
        }
        if (call.Query("modified_since") is { } modified)
        {
            var moment = Since("modified_since", modified);
            tasks = tasks.Where(t => t.ModifiedAt >= moment);
        }
        return call.Page(tasks);
    }

    private static DateTimeOffset Since(string name, string text) =>
        text.Contains('T', StringComparison.Ordinal)
            ? Properties.ParseMoment(name, text)
            : new DateTimeOffset(Properties.ParseDate(name, text), TimeOnly.MinValue, TimeSpan.Zero);

    private static IEnumerable<TaskItem> Tagged(ApiCall call, Tag tag) =>
        call.Store.All<TaskItem>().Where(t => t.Tags.Contains(tag));

    private static IEnumerable<TaskItem> Assigned(ApiCall call, UserTaskList list) =>
        call.Store.All<TaskItem>().Where(t => t.Workspace == list.Workspace && t.Assignee == list.Owner);

    private static ApiAnswer Create(ApiCall call)
    {
        call.Data.Only([.. TaskWriter.Common, "workspace", "parent", "projects", "memberships", "tags", "followers"]);
        var parent = call.Data.Gid("parent") is { } parentGid ? call.Readable<TaskItem>("parent", parentGid) : null;
        return New(call, parent);
    }

    private static ApiAnswer CreateSubtask(ApiCall call)
    {
        call.Data.Only([.. TaskWriter.Common, "workspace", "projects", "memberships", "tags", "followers"]);
        return New(call, call.Target<TaskItem>("task_gid"));
    }

    private static ApiAnswer New(ApiCall call, TaskItem? parent)
    {
        var places = Places(call);
        var workspace = parent?.Workspace ?? places.FirstOrDefault()?.Project.Workspace;
        if (call.Data.Gid("workspace") is { } gid)
        {
            var named = call.Readable<Workspace>("workspace", gid);
            workspace =
                workspace is null || workspace == named
                    ? named
                    : throw Refusal.BadRequest("workspace: Not the workspace of the project or parent");
        }
        if (workspace is null)
        {
            throw Refusal.BadRequest("You should specify one of workspace, parent, projects");
        }
        if (places.Exists(s => s.Project.Workspace != workspace))
        {
            throw Refusal.BadRequest("projects: All projects must be in the same workspace");
        }
        if (parent is not null)
        {
            call.Require(parent, AccessLevel.Edit);
            TaskTree.RequireDepth(parent);
        }
        var task = new TaskItem
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            ModifiedAt = call.Store.Now,
            Name = "",
            Workspace = workspace,
            CreatedBy = call.User,
            Parent = parent,
        };
        try
        {
            task.Follow(call.User);
            parent?.Subtasks.Add(task);
            call.Store.Add(task);
            places.ForEach(s => TaskWriter.Place(call, task, s));
            TaskWriter.Apply(call, task, isNew: true);
            call.Data.Gids("followers").ToList().ForEach(f => task.Follow(call.MemberOf(workspace, "followers", f)));
            foreach (var tag in call.Data.Gids("tags").Select(t => call.Readable<Tag>("tags", t)))
            {
                task.Tags.Add(tag);
            }
            call.Store.Touch(task);
            return call.Created(task, "tasks");
        }
        catch (Refusal)
        {
            TaskTree.Delete(call.Store, task);
            throw;
        }
    }

    /// <summary>The sections named in <c>memberships</c>, and the first section of every other project in <c>projects</c>.</summary>
    private static List<Section> Places(ApiCall call)
    {
        var sections = new List<Section>();
        foreach (var membership in call.Data.Objects("memberships"))
        {
            var properties = new Properties(membership);
            var project = call.Readable<Project>("project", properties.RequiredGid("project"));
            sections.Add(properties.Gid("section") is { } gid ? SectionOf(call, project, gid) : project.Sections[0]);
        }
        foreach (var gid in call.Data.Gids("projects"))
        {
            var project = call.Readable<Project>("projects", gid);
            if (!sections.Exists(s => s.Project == project))
            {
                sections.Add(project.Sections[0]);
            }
        }
        sections.ForEach(s => call.Require(s.Project, AccessLevel.Edit));
        return sections;
    }

    public static Section SectionOf(ApiCall call, Project project, string gid)
    {
        var section = call.Readable<Section>("section", gid);
        return section.Project == project
            ? section
            : throw Refusal.BadRequest($"section: Section {gid} is not in project {project.Gid}");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only(TaskWriter.Common);
        call.Store.AllOrNothing(task, () => TaskWriter.Apply(call, task, isNew: false));
        call.Store.Touch(task);
        return call.One(task);
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        TaskTree.Delete(call.Store, call.Target<TaskItem>("task_gid", AccessLevel.Edit));
        return ApiAnswer.Empty;
    }
}
