namespace Behalf.Sandbox.Endpoints;

internal static class ProjectEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/projects", List);
        routes.Post("/projects", call => ProjectWriter.Create(call, null, null));
        routes.Get("/projects/{project_gid}", call => call.One(call.Target<Project>("project_gid")));
        routes.Put(
            "/projects/{project_gid}",
            call => ProjectWriter.Update(call, call.Target<Project>("project_gid", AccessLevel.Edit))
        );
        routes.Delete("/projects/{project_gid}", Delete);
        routes.Get(
            "/workspaces/{workspace_gid}/projects",
            call => Of(call, call.Target<Workspace>("workspace_gid"), null)
        );
        routes.Get("/teams/{team_gid}/projects", call => Of(call, null, call.Target<Team>("team_gid")));
        routes.Post(
            "/workspaces/{workspace_gid}/projects",
            call => ProjectWriter.Create(call, call.Target<Workspace>("workspace_gid"), null)
        );
        routes.Post(
            "/teams/{team_gid}/projects",
            call => ProjectWriter.Create(call, null, call.Target<Team>("team_gid"))
        );
        routes.Get("/projects/{project_gid}/task_counts", TaskCounts);
        routes.Get("/projects/{project_gid}/custom_field_settings", FieldSettings);
    }

    private static ApiAnswer List(ApiCall call)
    {
        var workspace = call.Query("workspace") is { } gid ? call.Readable<Workspace>("workspace", gid) : null;
        var team = call.Query("team") is { } teamGid ? call.Readable<Team>("team", teamGid) : null;
        return Of(call, workspace, team);
    }

    private static ApiAnswer Of(ApiCall call, Workspace? workspace, Team? team)
    {
        var projects = call.Store.All<Project>();
        if (workspace is not null)
        {
            projects = projects.Where(p => p.Workspace == workspace);
        }
        if (team is not null)
        {
            projects = projects.Where(p => p.Team == team);
        }
        if (call.Query("archived") is { } text)
        {
            var archived = bool.TryParse(text, out var flag)
                ? flag
                : throw Refusal.BadRequest($"archived: Not a valid Boolean type: {text}");
            projects = projects.Where(p => p.Archived == archived);
        }
        return call.Page(projects);
    }

    private static ApiAnswer FieldSettings(ApiCall call)
    {
        var project = call.Target<Project>("project_gid");
        return project.Workspace.IsPremium
            ? call.Page(project.Fields)
            : throw Refusal.PlanRequired("Custom Field Settings are not available for free users.");
    }

    /// <summary>Nothing comes unasked.</summary>
    private static ApiAnswer TaskCounts(ApiCall call)
    {
        var tasks = call.Target<Project>("project_gid").Tasks.ToList();
        var counts = new Dictionary<string, int>
        {
            ["num_tasks"] = tasks.Count,
            ["num_incomplete_tasks"] = tasks.Count(t => !t.Completed),
            ["num_completed_tasks"] = tasks.Count(t => t.Completed),
            ["num_milestones"] = tasks.Count(t => t.Subtype == "milestone"),
            ["num_incomplete_milestones"] = tasks.Count(t => t is { Subtype: "milestone", Completed: false }),
            ["num_completed_milestones"] = tasks.Count(t => t is { Subtype: "milestone", Completed: true }),
        };
        var data = new JsonObject();
        foreach (var name in call.Fields?.Children.Keys ?? [])
        {
            if (counts.TryGetValue(name, out var count))
            {
                data[name] = count;
            }
        }
        return new ApiAnswer(200, new JsonObject { ["data"] = data });
    }

    /// <summary>Tasks that are nowhere else go with the project.</summary>
    private static ApiAnswer Delete(ApiCall call)
    {
        var project = call.Target<Project>("project_gid", AccessLevel.Admin);
        foreach (var task in project.Tasks.ToList())
        {
            if (task.Projects.All(p => p == project))
            {
                TaskTree.Delete(call.Store, task);
                continue;
            }
            task.Places.RemoveAll(s => s.Project == project);
            call.Store.Touch(task);
        }
        call.Store.All<Portfolio>().ToList().ForEach(p => p.Items.Remove(project));
        var belongings = new List<Entity>([.. project.Members, .. project.Fields, .. project.Sections]);
        belongings.AddRange(call.Store.All<StatusUpdate>().Where(s => s.Parent == project));
        belongings.AddRange(call.Store.All<Attachment>().Where(a => a.Parent == project));
        belongings.AddRange(call.Store.All<AccessRequest>().Where(r => r.Target == project));
        belongings.AddRange(
            call.Store.All<Story>().Where(s => s.Subject == project || (s.Subject is Section x && x.Project == project))
        );
        belongings.ForEach(call.Store.Remove);
        call.Store.Remove(project);
        return ApiAnswer.Empty;
    }
}
