using System.Globalization;

namespace Behalf.Sandbox.Endpoints;

/// <summary>Writes of teams, workspaces and people, and what an organization has besides.</summary>
internal static class OrganizationEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/teams", CreateTeam);
        routes.Put("/teams/{team_gid}", UpdateTeam);
        routes.Post("/teams/{team_gid}/addUser", AddToTeam);
        routes.Post("/teams/{team_gid}/removeUser", RemoveFromTeam);
        routes.Put("/workspaces/{workspace_gid}", UpdateWorkspace);
        routes.Post("/workspaces/{workspace_gid}/addUser", AddToWorkspace);
        routes.Post("/workspaces/{workspace_gid}/removeUser", RemoveFromWorkspace);
        routes.Put("/users/{user_gid}", call => UpdateUser(call, call.TargetUser()));
        routes.Put(
            "/workspaces/{workspace_gid}/users/{user_gid}",
            call =>
            {
                call.Target<Workspace>("workspace_gid");
                return UpdateUser(call, call.TargetUser());
            }
        );
        routes.Get(
            "/users/{user_gid}/favorites",
            call =>
            {
                call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
                call.RequiredQuery("resource_type");
                return call.TargetUser() == call.User ? call.Page([]) : throw Refusal.RoleTooLow(); // nobody marks any here
            }
        );
        routes.Post("/organization_exports", Export);
        PlantPeriodsLazily(routes);
    }

    private static ApiAnswer CreateTeam(ApiCall call)
    {
        call.Data.Only("name", "organization", "description", "visibility");
        var workspace = call.Readable<Workspace>("organization", call.Data.RequiredGid("organization"));
        if (!workspace.IsOrganization || !AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.RoleTooLow();
        }
        var team = new Team
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = call.Data.RequiredText("name"),
            Workspace = workspace,
            Description = call.Data.Text("description") ?? "",
            Visibility = call.Data.Text("visibility") switch
            {
                null or "secret" => TeamVisibility.Secret,
                "request_to_join" => TeamVisibility.RequestToJoin,
                "public" => TeamVisibility.Public,
                { } word => throw Refusal.BadRequest($"visibility: Not a recognized visibility: {word}"),
            },
        };
        team.Members.Add(new TeamMember(call.User, IsLimited: false));
        return call.Created(call.Store.Add(team), "teams");
    }

    private static ApiAnswer UpdateTeam(ApiCall call)
    {
        var team = call.Target<Team>("team_gid", AccessLevel.Edit);
        call.Data.Only("name", "description");
        team.Name = call.Data.Has("name") ? call.Data.RequiredText("name") : team.Name;
        team.Description = call.Data.Text("description") ?? team.Description;
        return call.One(team);
    }

    private static ApiAnswer AddToTeam(ApiCall call)
    {
        var team = call.Target<Team>("team_gid", AccessLevel.Edit);
        call.Data.Only("user");
        var user = call.MemberOf(team.Workspace, "user", call.Data.RequiredGid("user"));
        team.Members.RemoveAll(member => member.User == user);
        team.Members.Add(new TeamMember(user, IsLimited: false));
        return call.One(MembershipRecords.Of(call, team, user));
    }

    /// <summary>Everybody may leave.</summary>
    private static ApiAnswer RemoveFromTeam(ApiCall call)
    {
        var team = call.Target<Team>("team_gid");
        call.Data.Only("user");
        var user = call.ReadableUser("user", call.Data.RequiredGid("user"));
        if (user != call.User)
        {
            call.Require(team, AccessLevel.Edit);
        }
        team.Members.RemoveAll(member => member.User == user);
        return ApiAnswer.Empty;
    }

    private static Workspace Administered(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        return workspace.Find(call.User) is { IsAdmin: true } ? workspace : throw Refusal.RoleTooLow();
    }

    private static ApiAnswer UpdateWorkspace(ApiCall call)
    {
        var workspace = Administered(call);
        call.Data.Only("name");
        workspace.Name = call.Data.RequiredText("name");
        return call.One(workspace);
    }

    private static ApiAnswer AddToWorkspace(ApiCall call)
    {
        var workspace = Administered(call);
        call.Data.Only("user");
        var reference = call.Data.RequiredGid("user");
        var user =
            call.Store.All<User>()
                .FirstOrDefault(one =>
                    one.Gid == reference || string.Equals(one.Email, reference, StringComparison.OrdinalIgnoreCase)
                )
            ?? throw Refusal.Unknown("user", reference);
        if (workspace.Find(user) is null)
        {
            var isGuest =
                workspace.IsOrganization
                && !workspace.EmailDomains.Any(domain =>
                    user.Email.EndsWith($"@{domain}", StringComparison.OrdinalIgnoreCase)
                );
            workspace.Members.Add(new WorkspaceMember(user, isGuest, IsAdmin: false));
        }
        return call.One(user);
    }

    private static ApiAnswer RemoveFromWorkspace(ApiCall call)
    {
        var workspace = Administered(call);
        call.Data.Only("user");
        var user = call.ReadableUser("user", call.Data.RequiredGid("user"));
        workspace.Members.RemoveAll(member => member.User == user);
        return ApiAnswer.Empty;
    }

    private static ApiAnswer UpdateUser(ApiCall call, User user)
    {
        call.Require(user, AccessLevel.Edit);
        call.Data.Only("name");
        user.Name = call.Data.RequiredText("name");
        return call.One(user);
    }

    private static ApiAnswer Export(ApiCall call)
    {
        call.Data.Only("organization");
        var workspace = call.Readable<Workspace>("organization", call.Data.RequiredGid("organization"));
        if (!call.User.IsServiceAccount && workspace.Find(call.User) is not { IsAdmin: true })
        {
            throw Refusal.RoleTooLow();
        }
        var values = new Dictionary<string, object?> { ["organization"] = workspace, ["state"] = "pending" };
        return call.Created(RecordEndpoints.Add(call, RecordKinds.Export, workspace, values), "organization_exports");
    }

    /// <summary>The quarters of this year, made when they are first asked for.</summary>
    private static void PlantPeriodsLazily(ApiRoutes routes) =>
        routes.Replace(
            "GET",
            "/time_periods",
            inner =>
                call =>
                {
                    var workspace = call.Readable<Workspace>("workspace", call.RequiredQuery("workspace"));
                    if (!RecordEndpoints.All(call, RecordKinds.TimePeriod).Any(one => one.Home == workspace))
                    {
                        var year = call.Store.Now.Year;
                        for (var quarter = 1; quarter <= 4; quarter++)
                        {
                            var start = new DateOnly(year, (quarter * 3) - 2, 1);
                            RecordEndpoints.Add(
                                call,
                                RecordKinds.TimePeriod,
                                workspace,
                                new Dictionary<string, object?>
                                {
                                    ["display_name"] = string.Create(
                                        CultureInfo.InvariantCulture,
                                        $"Q{quarter} FY{year % 100}"
                                    ),
                                    ["period"] = $"Q{quarter}",
                                    ["start_on"] = start,
                                    ["end_on"] = start.AddMonths(3).AddDays(-1),
                                }
                            );
                        }
                    }
                    return inner(call);
                }
        );
}
