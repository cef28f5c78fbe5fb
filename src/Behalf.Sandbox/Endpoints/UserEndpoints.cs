namespace Behalf.Sandbox.Endpoints;

internal static class UserEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/users/{user_gid}", call => call.One(call.TargetUser()));
        routes.Get("/users", List);
        routes.Get("/workspaces/{workspace_gid}/users", ForWorkspace);
        routes.Get("/workspaces/{workspace_gid}/users/{user_gid}", OneForWorkspace);
        routes.Get("/teams/{team_gid}/users", ForTeam);
        routes.Get("/users/{user_gid}/teams", Teams);
        routes.Get("/users/{user_gid}/user_task_list", TaskList);
    }

    private static ApiAnswer List(ApiCall call)
    {
        if (call.Query("team") is { } team)
        {
            return call.Page(Members(call.Readable<Team>("team", team)));
        }
        var workspace = call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
        return call.Page(Alphabetical(workspace));
    }

    private static ApiAnswer ForWorkspace(ApiCall call) =>
        call.Page(Alphabetical(call.Target<Workspace>("workspace_gid")));

    private static ApiAnswer OneForWorkspace(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        var user = call.TargetUser();
        return workspace.Find(user) is null ? throw Refusal.Unknown("user", call.Route("user_gid")) : call.One(user);
    }

    private static ApiAnswer ForTeam(ApiCall call) => call.Page(Members(call.Target<Team>("team_gid")));

    private static ApiAnswer Teams(ApiCall call)
    {
        var user = call.TargetUser();
        var workspace = call.Readable<Workspace>("organization", call.RequiredQuery("organization"));
        return call.Page(
            call.Store.All<Team>().Where(t => t.Workspace == workspace && t.Members.Exists(m => m.User == user))
        );
    }

    private static ApiAnswer TaskList(ApiCall call)
    {
        var user = call.TargetUser();
        var workspace = call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
        var list = call.Store.All<UserTaskList>().FirstOrDefault(l => l.Owner == user && l.Workspace == workspace);
        return list is null ? throw Refusal.Unknown("user", call.Route("user_gid")) : call.One(list);
    }

    private static IEnumerable<User> Alphabetical(Workspace workspace) =>
        workspace
            .Members.Select(m => m.User)
            .Where(u => u.Active)
            .OrderBy(u => u.Name, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<User> Members(Team team) =>
        team.Members.Select(m => m.User).Where(u => u.Active).OrderBy(u => u.Name, StringComparer.OrdinalIgnoreCase);
}
