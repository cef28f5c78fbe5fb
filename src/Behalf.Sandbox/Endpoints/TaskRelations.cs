namespace Behalf.Sandbox.Endpoints;

/// <summary>What a task has to do with projects, tags, people and other tasks.</summary>
internal static class TaskRelations
{
    public const int MostDependencies = 30;

    public static void Map(ApiRoutes routes)
    {
        routes.Post("/tasks/{task_gid}/addProject", AddProject);
        routes.Post("/tasks/{task_gid}/removeProject", RemoveProject);
        routes.Post("/tasks/{task_gid}/addTag", AddTag);
        routes.Post("/tasks/{task_gid}/removeTag", RemoveTag);
        routes.Post("/tasks/{task_gid}/addFollowers", AddFollowers);
        routes.Post("/tasks/{task_gid}/removeFollowers", RemoveFollowers);
        routes.Post("/tasks/{task_gid}/setParent", SetParent);
        routes.Get("/tasks/{task_gid}/dependencies", call => call.Page(call.Target<TaskItem>("task_gid").Dependencies));
        routes.Get("/tasks/{task_gid}/dependents", call => call.Page(call.Target<TaskItem>("task_gid").Dependents));
        routes.Post(
            "/tasks/{task_gid}/addDependencies",
            call => Link(call, "dependencies", (task, other) => (task, other))
        );
        routes.Post(
            "/tasks/{task_gid}/addDependents",
            call => Link(call, "dependents", (task, other) => (other, task))
        );
        routes.Post(
            "/tasks/{task_gid}/removeDependencies",
            call => Unlink(call, "dependencies", (task, other) => (task, other))
        );
        routes.Post(
            "/tasks/{task_gid}/removeDependents",
            call => Unlink(call, "dependents", (task, other) => (other, task))
        );
    }

    /// <summary>Into a section, before or after a neighbour when <c>data</c> names one.</summary>
    public static void Put(ApiCall call, TaskItem task, Section section)
    {
        if (section.Project.Workspace != task.Workspace)
        {
            throw Refusal.BadRequest("project: Not in the workspace of the task");
        }
        var (before, after) = (call.Data.Gid("insert_before"), call.Data.Gid("insert_after"));
        int? position = null;
        if ((before ?? after) is { } gid)
        {
            var neighbour = call.Readable<TaskItem>(before is null ? "insert_after" : "insert_before", gid);
            var others = section.Tasks.Where(t => t != task).ToList();
            var at = others.IndexOf(neighbour);
            position =
                at < 0
                    ? throw Refusal.BadRequest($"Task {gid} is not in section {section.Gid}")
                    : at + (before is null ? 1 : 0);
        }
        TaskWriter.Place(call, task, section, position);
        call.Store.Touch(task);
    }

    private static ApiAnswer AddProject(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only("project", "section", "insert_before", "insert_after");
        var project = call.Readable<Project>("project", call.Data.RequiredGid("project"));
        call.Require(project, AccessLevel.Edit);
        var section = call.Data.Gid("section") is { } gid
            ? TaskEndpoints.SectionOf(call, project, gid)
            : task.Places.Find(s => s.Project == project) ?? project.Sections[0];
        Put(call, task, section);
        return ApiAnswer.Empty;
    }

    private static ApiAnswer RemoveProject(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only("project");
        var project = call.Readable<Project>("project", call.Data.RequiredGid("project"));
        call.Require(project, AccessLevel.Edit);
        if (task.Places.Find(s => s.Project == project) is { } place)
        {
            place.Tasks.Remove(task);
            task.Places.Remove(place);
            TaskWriter.Tell(call, task, "removed_from_project", "removed from", project);
            call.Store.Touch(task);
        }
        return ApiAnswer.Empty;
    }

    private static ApiAnswer AddTag(ApiCall call)
    {
        var (task, tag) = TaskAndTag(call);
        if (!task.Tags.Contains(tag))
        {
            task.Tags.Add(tag);
            TaskWriter.Tell(call, task, "added_to_tag", "added to", tag);
            call.Store.Touch(task);
        }
        return ApiAnswer.Empty;
    }

    private static ApiAnswer RemoveTag(ApiCall call)
    {
        var (task, tag) = TaskAndTag(call);
        if (task.Tags.Remove(tag))
        {
            TaskWriter.Tell(call, task, "removed_from_tag", "removed from", tag);
            call.Store.Touch(task);
        }
        return ApiAnswer.Empty;
    }

    private static (TaskItem Task, Tag Tag) TaskAndTag(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only("tag");
        var tag = call.Readable<Tag>("tag", call.Data.RequiredGid("tag"));
        return tag.Workspace == task.Workspace
            ? (task, tag)
            : throw Refusal.BadRequest("tag: Not in the workspace of the task");
    }

    /// <summary>Following gives access, so it takes the right to edit.</summary>
    private static ApiAnswer AddFollowers(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only("followers");
        var users = Users(call, task);
        users.ForEach(task.Follow);
        call.Store.Touch(task);
        return call.One(task);
    }

    /// <summary>Everybody may stop following; ending it for others takes the right to edit.</summary>
    private static ApiAnswer RemoveFollowers(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid");
        call.Data.Only("followers");
        var users = Users(call, task);
        call.Require(task, users.TrueForAll(u => u == call.User) ? AccessLevel.Read : AccessLevel.Edit);
        users.ForEach(u => task.Followers.Remove(u));
        call.Store.Touch(task);
        // Whoever has just left a private task does not read it any more.
        return call.Access.CanRead(call.User, task) ? call.One(task) : ApiAnswer.Empty;
    }

    private static List<User> Users(ApiCall call, TaskItem task)
    {
        var references = call.Data.Gids("followers");
        return references.Count > 0
            ? [.. references.Select(f => call.MemberOf(task.Workspace, "followers", f))]
            : throw Refusal.Missing("followers");
    }

    private static ApiAnswer SetParent(ApiCall call)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only("parent", "insert_before", "insert_after");
        if (!call.Data.Has("parent"))
        {
            throw Refusal.Missing("parent");
        }
        var parent = call.Data.Gid("parent") is { } gid ? call.Readable<TaskItem>("parent", gid) : null;
        if (parent is not null)
        {
            call.Require(parent, AccessLevel.Edit);
            if (TaskTree.IsWithin(parent, task) || parent.Workspace != task.Workspace)
            {
                throw Refusal.BadRequest("parent: A task cannot be put there");
            }
            TaskTree.RequireDepth(parent, TaskTree.Height(task));
        }
        task.Parent?.Subtasks.Remove(task);
        task.Parent = parent;
        parent?.Subtasks.Add(task);
        call.Store.Touch(task);
        return call.One(task);
    }

    /// <param name="order">Gives (the one that waits, the one it waits for).</param>
    private static ApiAnswer Link(
        ApiCall call,
        string name,
        Func<TaskItem, TaskItem, (TaskItem Waits, TaskItem For)> order
    )
    {
        var (task, others) = TaskAndOthers(call, name);
        foreach (var other in others)
        {
            var (waits, on) = order(task, other);
            if (DependsOn(on, waits))
            {
                throw Refusal.BadRequest($"{name}: Tasks cannot wait for each other");
            }
        }
        var fresh = others.Count(o => !task.Dependencies.Contains(o) && !task.Dependents.Contains(o));
        if (task.Dependencies.Count + task.Dependents.Count + fresh > MostDependencies)
        {
            throw Refusal.BadRequest(
                $"A task can have at most {MostDependencies} dependents and dependencies combined"
            );
        }
        foreach (
            var (waits, on) in others.Select(o => order(task, o)).Where(p => !p.Waits.Dependencies.Contains(p.For))
        )
        {
            waits.Dependencies.Add(on);
            on.Dependents.Add(waits);
            call.Store.Touch(waits);
            call.Store.Touch(on);
        }
        return ApiAnswer.Empty;
    }

    private static ApiAnswer Unlink(
        ApiCall call,
        string name,
        Func<TaskItem, TaskItem, (TaskItem Waits, TaskItem For)> order
    )
    {
        var (task, others) = TaskAndOthers(call, name);
        foreach (var (waits, on) in others.Select(o => order(task, o)))
        {
            waits.Dependencies.Remove(on);
            on.Dependents.Remove(waits);
            call.Store.Touch(waits);
            call.Store.Touch(on);
        }
        return ApiAnswer.Empty;
    }

    private static (TaskItem Task, List<TaskItem> Others) TaskAndOthers(ApiCall call, string name)
    {
        var task = call.Target<TaskItem>("task_gid", AccessLevel.Edit);
        call.Data.Only(name);
        var others = call.Data.Gids(name).Select(g => call.Readable<TaskItem>(name, g)).Distinct().ToList();
        return others.Count > 0 ? (task, others) : throw Refusal.Missing(name);
    }

    private static bool DependsOn(TaskItem task, TaskItem other) =>
        task == other || task.Dependencies.Exists(d => DependsOn(d, other));
}
