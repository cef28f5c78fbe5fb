namespace Behalf.Sandbox.Endpoints;

/// <summary>Who is in teams, workspaces and portfolios, as objects of their own. They follow from those; they are not kept apart.</summary>
internal static class MembershipRecords
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/team_memberships", call => Page(call, Teams(call)));
        routes.Get(
            "/teams/{team_gid}/team_memberships",
            call => call.Page(OfTeam(call, call.Target<Team>("team_gid")).ToList())
        );
        routes.Get(
            "/users/{user_gid}/team_memberships",
            call =>
            {
                var workspace = call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
                return Page(call, Teams(call, workspace), call.TargetUser());
            }
        );
        routes.Get("/team_memberships/{team_membership_gid}", call => One(call, Teams(call), "team_membership_gid"));

        routes.Get(
            "/workspaces/{workspace_gid}/workspace_memberships",
            call => Page(call, OfWorkspace(call, call.Target<Workspace>("workspace_gid")))
        );
        routes.Get(
            "/users/{user_gid}/workspace_memberships",
            call =>
                Page(
                    call,
                    call.View.Visible(call.Store.All<Workspace>()).SelectMany(one => OfWorkspace(call, one)),
                    call.TargetUser()
                )
        );
        routes.Get(
            "/workspace_memberships/{workspace_membership_gid}",
            call =>
                One(
                    call,
                    call.Store.All<Workspace>().SelectMany(one => OfWorkspace(call, one)),
                    "workspace_membership_gid"
                )
        );

        routes.Get(
            "/portfolio_memberships",
            call =>
            {
                if (call.Query("portfolio") is null && call.Query("workspace") is null)
                {
                    throw Refusal.Missing("portfolio");
                }
                return Page(call, Portfolios(call));
            }
        );
        routes.Get(
            "/portfolios/{portfolio_gid}/portfolio_memberships",
            call => Page(call, OfPortfolio(call, call.Target<Portfolio>("portfolio_gid")))
        );
        routes.Get(
            "/portfolio_memberships/{portfolio_membership_gid}",
            call => One(call, Portfolios(call), "portfolio_membership_gid")
        );
    }

    public static Record Of(ApiCall call, Team team, User user) =>
        OfTeam(call, team).First(one => one.Values["user"] == user);

    private static IEnumerable<Record> Teams(ApiCall call, Workspace? workspace = null)
    {
        var team = call.Query("team") is { } gid ? call.Readable<Team>("team", gid) : null;
        return call
            .Store.All<Team>()
            .Where(one => (team is null || one == team) && (workspace is null || one.Workspace == workspace))
            .SelectMany(one => OfTeam(call, one));
    }

    private static IEnumerable<Record> Portfolios(ApiCall call)
    {
        var portfolio = call.Query("portfolio") is { } gid ? call.Readable<Portfolio>("portfolio", gid) : null;
        return call
            .Store.All<Portfolio>()
            .Where(one => portfolio is null || one == portfolio)
            .SelectMany(one => OfPortfolio(call, one));
    }

    private static IEnumerable<Record> OfTeam(ApiCall call, Team team) =>
        team.Members.Select(member =>
            Derived(
                call,
                RecordKinds.TeamMembership,
                team,
                member.User,
                ("team", team),
                ("is_guest", team.Workspace.Find(member.User)?.IsGuest ?? true),
                ("is_limited_access", member.IsLimited)
            )
        );

    private static IEnumerable<Record> OfWorkspace(ApiCall call, Workspace workspace) =>
        workspace.Members.Select(member =>
            Derived(
                call,
                RecordKinds.WorkspaceMembership,
                workspace,
                member.User,
                ("workspace", workspace),
                ("is_guest", member.IsGuest),
                ("is_admin", member.IsAdmin),
                ("is_active", member.User.Active)
            )
        );

    private static IEnumerable<Record> OfPortfolio(ApiCall call, Portfolio portfolio) =>
        portfolio.Members.Keys.Select(user =>
            Derived(call, RecordKinds.PortfolioMembership, portfolio, user, ("portfolio", portfolio))
        );

    /// <summary>The one object that stands for this user's place, with what is true of it now.</summary>
    private static Record Derived(
        ApiCall call,
        RecordKind kind,
        Entity home,
        User user,
        params (string Name, object Value)[] facts
    )
    {
        var record =
            RecordEndpoints.All(call, kind).FirstOrDefault(one => one.Home == home && one.Values["user"] == user)
            ?? RecordEndpoints.Add(call, kind, home, new Dictionary<string, object?> { ["user"] = user });
        foreach (var (name, value) in facts)
        {
            record.Values[name] = value;
        }
        return record;
    }

    private static ApiAnswer Page(ApiCall call, IEnumerable<Record> records, User? user = null)
    {
        user ??= call.Query("user") is { } who ? call.ReadableUser("user", who) : null;
        return call.Page(records.ToList().Where(one => user is null || one.Values["user"] == user));
    }

    /// <summary>A place that somebody has left is gone.</summary>
    private static ApiAnswer One(ApiCall call, IEnumerable<Record> current, string slot)
    {
        var label = slot[..^"_gid".Length];
        var record = current.ToList().Find(one => one.Gid == call.Route(slot));
        return call.One(record is null ? throw Refusal.Unknown(label, call.Route(slot)) : call.Target<Record>(slot));
    }
}
