namespace Behalf.Sandbox.Endpoints;

internal static class SectionEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/projects/{project_gid}/sections", call => call.Page(call.Target<Project>("project_gid").Sections));
        routes.Post("/projects/{project_gid}/sections", Create);
        routes.Get("/sections/{section_gid}", call => call.One(call.Target<Section>("section_gid")));
        routes.Put("/sections/{section_gid}", Update);
        routes.Post("/sections/{section_gid}/addTask", AddTask);
    }

    private static ApiAnswer Create(ApiCall call)
    {
        var project = call.Target<Project>("project_gid", AccessLevel.Edit);
        call.Data.Only("name", "insert_before", "insert_after");
        var name = call.Data.RequiredText("name");
        var at = Neighbour(call, project) ?? project.Sections.Count;
        var section = new Section
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = name,
            Project = project,
        };
        project.Sections.Insert(at, call.Store.Add(section));
        return call.Created(section, "sections");
    }

    private static int? Neighbour(ApiCall call, Project project)
    {
        if (call.Data.Gid("insert_before") is { } before)
        {
            return project.Sections.IndexOf(TaskEndpoints.SectionOf(call, project, before));
        }
        return call.Data.Gid("insert_after") is { } after
            ? project.Sections.IndexOf(TaskEndpoints.SectionOf(call, project, after)) + 1
            : null;
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var section = call.Target<Section>("section_gid", AccessLevel.Edit);
        call.Data.Only("name");
        section.Name = call.Data.RequiredText("name");
        return call.One(section);
    }

    private static ApiAnswer AddTask(ApiCall call)
    {
        var section = call.Target<Section>("section_gid", AccessLevel.Edit);
        call.Data.Only("task", "insert_before", "insert_after");
        var task = call.Readable<TaskItem>("task", call.Data.RequiredGid("task"));
        call.Require(task, AccessLevel.Edit);
        TaskRelations.Put(call, task, section);
        return ApiAnswer.Empty;
    }
}
