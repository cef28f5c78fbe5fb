namespace Behalf.Sandbox.Endpoints;

internal static class WorkspaceEndpoints
{
    private const int DefaultSuggestions = 20;

    public static void Map(ApiRoutes routes)
    {
        routes.Get("/workspaces", call => call.Page(call.Store.All<Workspace>()));
        routes.Get("/workspaces/{workspace_gid}", call => call.One(call.Target<Workspace>("workspace_gid")));
        routes.Get("/workspaces/{workspace_gid}/typeahead", Typeahead);
        routes.Get("/workspaces/{workspace_gid}/teams", Teams);
        routes.Get("/teams/{team_gid}", call => call.One(call.Target<Team>("team_gid")));
    }

    private static ApiAnswer Teams(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        return call.Page(
            call.Store.All<Team>()
                .Where(t => t.Workspace == workspace)
                .OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase)
        );
    }

    /// <summary>One type, one page, the most recent first; names are matched by their words' beginnings and insides alike.</summary>
    private static ApiAnswer Typeahead(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        var type = call.Query("resource_type") ?? call.Query("type") ?? throw Refusal.Missing("resource_type");
        var candidates = Candidates(call.Store, workspace, type);
        var words = call.Query("query") ?? "";
        var matches = candidates.Where(c =>
            c.Title?.Contains(words, StringComparison.OrdinalIgnoreCase) == true
            || (
                c is User user
                && call.Access.CanRead(call.User, user)
                && user.Email.Contains(words, StringComparison.OrdinalIgnoreCase)
            )
        );
        return call.First(matches.Reverse(), call.Limit("count") ?? DefaultSuggestions);
    }

    private static IEnumerable<Entity> Candidates(ObjectStore store, Workspace workspace, string type) =>
        type switch
        {
            "user" => workspace.Members.Select(m => m.User).Where(u => u.Active),
            "task" => store.All<TaskItem>().Where(t => t.Workspace == workspace),
            "project" => store.All<Project>().Where(p => p.Workspace == workspace),
            "team" => store.All<Team>().Where(t => t.Workspace == workspace),
            "tag" => store.All<Tag>().Where(t => t.Workspace == workspace),
            "custom_field" => store.All<CustomField>().Where(f => f.Workspace == workspace),
            "portfolio" => store.All<Portfolio>().Where(p => p.Workspace == workspace),
            "goal" => store.All<Goal>().Where(g => g.Workspace == workspace),
            "actor" => workspace.Members.Select(m => m.User).Where(u => u.Active),
            "agent" or "project_template" => [],
            _ => throw Refusal.BadRequest($"resource_type: Not a recognized type: {type}"),
        };
}
