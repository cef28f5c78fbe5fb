namespace Behalf.Sandbox.Endpoints;

/// <summary>Who is in a project, copies and templates of it, and what else its parts and statuses allow.</summary>
internal static class ProjectRelations
{
    private static readonly string[] CopiedParts = ["assignee", "dates", "notes", "subtasks", "tags"];

    public static void Map(ApiRoutes routes)
    {
        foreach (var (path, property) in new[] { ("Members", "members"), ("Followers", "followers") })
        {
            routes.Post($"/projects/{{project_gid}}/add{path}", call => People(call, property, add: true));
            routes.Post($"/projects/{{project_gid}}/remove{path}", call => People(call, property, add: false));
        }
        routes.Get("/projects/{project_gid}/project_memberships", Memberships);
        routes.Get(
            "/project_memberships/{project_membership_gid}",
            call => call.One(call.Readable<Membership>("project_membership", call.Route("project_membership_gid")))
        );
        routes.Post("/projects/{project_gid}/duplicate", Duplicate);
        routes.Post("/projects/{project_gid}/saveAsTemplate", SaveAsTemplate);
        routes.Get(
            "/teams/{team_gid}/project_templates",
            call =>
            {
                var team = call.Target<Team>("team_gid");
                return call.Page(
                    RecordEndpoints
                        .All(call, RecordKinds.ProjectTemplate)
                        .Where(one => one.Values.GetValueOrDefault("team") == team)
                        .ToList()
                );
            }
        );
        routes.Post("/project_templates/{project_template_gid}/instantiateProject", Instantiate);
        routes.Post("/projects/{project_gid}/sections/insert", InsertSection);
        routes.Delete("/sections/{section_gid}", DeleteSection);
        routes.Delete(
            "/status_updates/{status_update_gid}",
            call => Remove(call, call.Target<StatusUpdate>("status_update_gid", AccessLevel.Comment))
        );
        routes.Delete("/tags/{tag_gid}", DeleteTag);
        routes.Post("/access_requests/{access_request_gid}/approve", call => Decide(call, approve: true));
        routes.Post("/access_requests/{access_request_gid}/reject", call => Decide(call, approve: false));
        routes.Get(
            "/workspaces/{workspace_gid}/tasks/custom_id/{custom_id}",
            call =>
            {
                call.Target<Workspace>("workspace_gid");
                throw Refusal.Unknown("custom_id", call.Route("custom_id")); // no field here gives such ids
            }
        );
        routes.Post(
            "/rule_triggers/{rule_trigger_gid}/run",
            call => throw Refusal.Unknown("rule_trigger", call.Route("rule_trigger_gid"))
        );
        routes.Post(
            "/task_templates/{task_template_gid}/instantiateTask",
            call => throw Refusal.Unknown("task_template", call.Route("task_template_gid"))
        );
        routes.Post("/exports/graph", call => Export(call, "graph_export"));
        routes.Post("/exports/resource", call => Export(call, "resource_export"));
    }

    /// <summary>A job that is done already.</summary>
    public static ApiAnswer Done(ApiCall call, string subtype, Project? project = null, Record? template = null) =>
        call.Created(
            call.Store.Add(
                new Job
                {
                    Gid = call.Store.NextGid(),
                    CreatedAt = call.Store.Now,
                    Owner = call.User,
                    Subtype = subtype,
                    NewProject = project,
                    NewTemplate = template,
                }
            ),
            "jobs"
        );

    private static ApiAnswer People(ApiCall call, string property, bool add)
    {
        var project = call.Target<Project>("project_gid");
        call.Data.Only(property);
        if (!call.Access.CanShare(call.User, project))
        {
            throw Refusal.RoleTooLow();
        }
        var people = call
            .Data.Gids(property)
            .Select(who => call.MemberOf(project.Workspace, property, who))
            .Distinct()
            .ToList();
        foreach (var user in people)
        {
            var membership = project.Members.Find(one => one.Member == user);
            if (add && membership is null)
            {
                ProjectWriter.Join(call.Store, project, user, AccessLevel.Edit);
            }
            else if (!add && membership is not null)
            {
                project.Members.Remove(membership);
                call.Store.Remove(membership);
            }
        }
        return call.One(project);
    }

    private static ApiAnswer Memberships(ApiCall call)
    {
        var project = call.Target<Project>("project_gid");
        var user = call.Query("user") is { } who ? call.ReadableUser("user", who) : null;
        return call.Page(project.Members.Where(one => user is null || one.Member == user).ToList());
    }

    private static ApiAnswer Duplicate(ApiCall call)
    {
        var project = call.Target<Project>("project_gid");
        call.Data.Only("name", "team", "include", "schedule_dates");
        return Done(call, "duplicate_project", Copy(call, project, call.Data.RequiredText("name"), Team(call)));
    }

    private static Team? Team(ApiCall call) =>
        call.Data.Gid("team") is { } gid ? call.Readable<Team>("team", gid) : null;

    /// <summary>Private, the caller's own, with what the caller sees of it.</summary>
    private static Project Copy(ApiCall call, Project project, string name, Team? team)
    {
        var copy = new Project
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            ModifiedAt = call.Store.Now,
            Name = name,
            Workspace = project.Workspace,
            Team = team,
            Owner = call.User,
            NotesHtml = RichText.Read(project.NotesHtml, call.View),
            Color = project.Color,
            DefaultView = project.DefaultView,
        };
        call.Store.Add(copy);
        ProjectWriter.Join(call.Store, copy, call.User, AccessLevel.Admin);
        foreach (var setting in call.View.Visible(project.Fields))
        {
            FieldDefinitions.Put(call, copy, setting.Field, setting.IsImportant);
        }
        foreach (var section in project.Sections)
        {
            var part = call.Store.Add(
                new Section
                {
                    Gid = call.Store.NextGid(),
                    CreatedAt = call.Store.Now,
                    Name = section.Name,
                    Project = copy,
                }
            );
            copy.Sections.Add(part);
            foreach (var task in call.View.Visible(section.Tasks).ToList())
            {
                TaskWriter.Place(call, DuplicateEndpoints.Copy(call, task, task.Name, CopiedParts, null), part);
            }
        }
        return copy;
    }

    private static ApiAnswer SaveAsTemplate(ApiCall call)
    {
        var project = call.Target<Project>("project_gid", AccessLevel.Edit);
        call.Data.Only("name", "public", "team", "workspace");
        var values = new Dictionary<string, object?>
        {
            ["name"] = call.Data.RequiredText("name"),
            ["public"] = call.Data.Flag("public") ?? throw Refusal.Missing("public"),
            ["team"] = Team(call),
        };
        return Done(
            call,
            "save_as_template",
            template: RecordEndpoints.Add(call, RecordKinds.ProjectTemplate, project, values)
        );
    }

    private static ApiAnswer Instantiate(ApiCall call)
    {
        var template = RecordEndpoints.Target(call, RecordKinds.ProjectTemplate);
        call.Data.Only("name", "team", "public", "is_strict", "requested_dates", "requested_roles");
        return Done(
            call,
            "instantiate_project",
            Copy(call, (Project)template.Home, call.Data.RequiredText("name"), Team(call))
        );
    }

    private static ApiAnswer InsertSection(ApiCall call)
    {
        var project = call.Target<Project>("project_gid", AccessLevel.Edit);
        call.Data.Only("section", "before_section", "after_section");
        var section = TaskEndpoints.SectionOf(call, project, call.Data.RequiredGid("section"));
        var (before, after) = (call.Data.Gid("before_section"), call.Data.Gid("after_section"));
        var neighbour = TaskEndpoints.SectionOf(
            call,
            project,
            before ?? after ?? throw Refusal.Missing("before_section")
        );
        if (neighbour != section)
        {
            project.Sections.Remove(section);
            project.Sections.Insert(project.Sections.IndexOf(neighbour) + (before is null ? 1 : 0), section);
        }
        return ApiAnswer.Empty;
    }

    private static ApiAnswer DeleteSection(ApiCall call)
    {
        var section = call.Target<Section>("section_gid", AccessLevel.Edit);
        if (section.Tasks.Count > 0 || section.Project.Sections.Count == 1)
        {
            throw Refusal.BadRequest("section: Must be empty and not the last one of its project");
        }
        section.Project.Sections.Remove(section);
        return Remove(call, section);
    }

    private static ApiAnswer DeleteTag(ApiCall call)
    {
        var tag = call.Target<Tag>("tag_gid", AccessLevel.Edit);
        foreach (var task in call.Store.All<TaskItem>())
        {
            task.Tags.Remove(tag);
        }
        return Remove(call, tag);
    }

    private static ApiAnswer Remove(ApiCall call, Entity item)
    {
        call.Store.Remove(item);
        return ApiAnswer.Empty;
    }

    /// <summary>Who may share the thing decides; to anybody else there is no such request.</summary>
    private static ApiAnswer Decide(ApiCall call, bool approve)
    {
        var gid = call.Route("access_request_gid");
        if (!call.Store.TryFind(gid, out var item) || item is not AccessRequest request)
        {
            throw Refusal.Unknown("access_request", gid);
        }
        switch (request.Target)
        {
            case Project project when call.Access.CanShare(call.User, project):
                if (approve)
                {
                    ProjectWriter.Join(call.Store, project, request.Requester, AccessLevel.Edit);
                }
                break;
            case Portfolio portfolio when call.Access.Of(call.User, portfolio) >= AccessLevel.Edit:
                if (approve)
                {
                    portfolio.Members.TryAdd(request.Requester, AccessLevel.Read);
                }
                break;
            default:
                throw Refusal.Unknown("access_request", gid);
        }
        return Remove(call, request);
    }

    private static ApiAnswer Export(ApiCall call, string subtype)
    {
        call.Data.Only("parent", "workspace", "resource_export_parameters");
        var named = call.Data.Gid("parent") ?? call.Data.RequiredGid("workspace");
        call.ReadableAny("parent", named);
        return Done(call, subtype);
    }
}
