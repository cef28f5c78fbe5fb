namespace Behalf.Sandbox.Endpoints;

/// <summary>Portfolios, goals and status updates.</summary>
internal static class PlanEndpoints
{
    private static readonly string[] OfGoals =
    [
        "on_track",
        "at_risk",
        "off_track",
        "on_hold",
        "complete",
        "achieved",
        "partial",
        "missed",
        "dropped",
    ];

    public static void Map(ApiRoutes routes)
    {
        routes.Get("/portfolios", Portfolios);
        routes.Get("/portfolios/{portfolio_gid}", call => call.One(call.Target<Portfolio>("portfolio_gid")));
        routes.Get(
            "/portfolios/{portfolio_gid}/items",
            call => call.Page(call.Target<Portfolio>("portfolio_gid").Items)
        );
        routes.Get("/goals", Goals);
        routes.Get("/goals/{goal_gid}", call => call.One(call.Target<Goal>("goal_gid")));
        routes.Get("/status_updates", Statuses);
        routes.Post("/status_updates", CreateStatus);
        routes.Get(
            "/status_updates/{status_update_gid}",
            call => call.One(call.Target<StatusUpdate>("status_update_gid"))
        );
    }

    private static ApiAnswer Portfolios(ApiCall call)
    {
        var workspace = call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
        var owner = call.Query("owner") is { } reference ? call.ReadableUser("owner", reference) : null;
        return call.Page(
            call.Store.All<Portfolio>().Where(p => p.Workspace == workspace && (owner is null || p.Owner == owner))
        );
    }

    private static ApiAnswer Goals(ApiCall call)
    {
        var team = call.Query("team") is { } teamGid ? call.Readable<Team>("team", teamGid) : null;
        var workspace = call.Query("workspace") is { } gid
            ? call.Readable<Workspace>("workspace", gid)
            : team?.Workspace;
        return workspace is null
            ? throw Refusal.Missing("workspace")
            : call.Page(
                call.Store.All<Goal>().Where(g => g.Workspace == workspace && (team is null || g.Team == team))
            );
    }

    private static ApiAnswer Statuses(ApiCall call)
    {
        var parent = Parent(call, call.RequiredQuery("parent"));
        return call.Page(call.Store.All<StatusUpdate>().Where(s => s.Parent == parent).Reverse());
    }

    private static ApiAnswer CreateStatus(ApiCall call)
    {
        call.Data.Only("parent", "title", "text", "html_text", "status_type");
        var parent = Parent(call, call.Data.RequiredGid("parent"));
        call.Require(parent, AccessLevel.Edit);
        var type = call.Data.RequiredText("status_type");
        var allowed = parent is Goal ? OfGoals : OfGoals[..5];
        if (!allowed.Contains(type))
        {
            throw Refusal.BadRequest($"status_type: Not a recognized status: {type}");
        }
        var status = new StatusUpdate
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = call.Data.Text("title") ?? "",
            Parent = parent,
            CreatedBy = call.User,
            StatusType = type,
            Html = TaskWriter.Notes(call, isComment: true) ?? throw Refusal.Missing("text"),
        };
        return call.Created(call.Store.Add(status), "status_updates");
    }

    private static Entity Parent(ApiCall call, string gid) =>
        call.ReadableAny("parent", gid) switch
        {
            (Project or Portfolio or Goal) and var parent => parent,
            _ => throw Refusal.WrongKind("parent", gid),
        };
}
