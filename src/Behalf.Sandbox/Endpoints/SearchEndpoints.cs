namespace Behalf.Sandbox.Endpoints;

internal static class SearchEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/workspaces/{workspace_gid}/tasks/search", Tasks);
        routes.Get("/workspaces/{workspace_gid}/projects/search", Projects);
    }

    private static ApiAnswer Tasks(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        RequirePlan(workspace);
        var filter = TaskSearchFilter.Of(call);
        var found = call
            .Store.Search.Visible()
            .Where(x =>
                x.Task.Workspace == workspace
                && call.Access.CanRead(call.User, x.Task)
                && filter.Matches(x.Task, x.State)
            );
        return call.First(Sorted(call, found).Select(x => x.Task), call.Limit() ?? 20);
    }

    private static IEnumerable<(TaskItem Task, IndexedTask State)> Sorted(
        ApiCall call,
        IEnumerable<(TaskItem Task, IndexedTask State)> found
    )
    {
        Func<(TaskItem Task, IndexedTask State), IComparable?> key = call.Query("sort_by") switch
        {
            "due_date" => x => x.State.DueOn,
            "created_at" => x => x.Task.CreatedAt,
            "completed_at" => x => x.State.CompletedAt,
            null or "modified_at" or "relevance" => x => x.State.ModifiedAt,
            "likes" => _ => 0,
            var other => throw Refusal.BadRequest($"sort_by: Not a recognized order: {other}"),
        };
        return call.Query("sort_ascending") == "true" ? found.OrderBy(key) : found.OrderByDescending(key);
    }

    private static ApiAnswer Projects(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        RequirePlan(workspace);
        var text = call.Query("text") ?? "";
        var archived = call.Query("archived") ?? call.Query("completed");
        return call.First(
            call.Store.All<Project>()
                .Where(p => p.Workspace == workspace && p.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
                .Where(p => archived is null || p.Archived == (archived == "true")),
            call.Limit() ?? 20
        );
    }

    private static void RequirePlan(Workspace workspace)
    {
        if (!workspace.IsPremium)
        {
            throw Refusal.PlanRequired("Search is only available to premium users.");
        }
    }
}
