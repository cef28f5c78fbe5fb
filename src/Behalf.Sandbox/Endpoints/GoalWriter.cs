namespace Behalf.Sandbox.Endpoints;

/// <summary>Writes of goals, what they are measured by, and what supports them.</summary>
internal static class GoalWriter
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/goals", Create);
        routes.Put("/goals/{goal_gid}", Update);
        routes.Delete("/goals/{goal_gid}", Delete);
        routes.Post("/goals/{goal_gid}/setMetric", SetMetric);
        routes.Post("/goals/{goal_gid}/setMetricCurrentValue", SetMetric);
        routes.Post("/goals/{goal_gid}/addFollowers", call => Follow(call, add: true));
        routes.Post("/goals/{goal_gid}/removeFollowers", call => Follow(call, add: false));
        routes.Get("/goals/{goal_gid}/parentGoals", Parents);
        routes.Post("/goals/{goal_gid}/addSupportingRelationship", Support);
        routes.Post("/goals/{goal_gid}/removeSupportingRelationship", Unsupport);
    }

    private static Goal Target(ApiCall call) => call.Target<Goal>("goal_gid", AccessLevel.Edit);

    private static ApiAnswer Create(ApiCall call)
    {
        call.Data.Only("name", "workspace", "team", "owner", "due_on", "notes", "followers");
        var workspace = call.Readable<Workspace>("workspace", call.Data.RequiredGid("workspace"));
        if (!AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.RoleTooLow();
        }
        var goal = new Goal
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = call.Data.RequiredText("name"),
            Workspace = workspace,
            Owner = call.Data.Gid("owner") is { } owner ? call.MemberOf(workspace, "owner", owner) : call.User,
            Team = call.Data.Gid("team") is { } team ? call.Readable<Team>("team", team) : null,
            Notes = call.Data.Text("notes") ?? "",
            DueOn = call.Data.Date("due_on"),
        };
        goal.Followers.AddRange(
            call.Data.Gids("followers")
                .Select(who => call.MemberOf(workspace, "followers", who))
                .Append(call.User)
                .Distinct()
        );
        return call.Created(call.Store.Add(goal), "goals");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var goal = Target(call);
        call.Data.Only("name", "owner", "due_on", "notes", "status");
        var name = call.Data.Has("name") ? call.Data.RequiredText("name") : goal.Name;
        var owner = call.Data.Gid("owner") is { } who ? call.MemberOf(goal.Workspace, "owner", who) : goal.Owner;
        var dueOn = call.Data.Has("due_on") ? call.Data.Date("due_on") : goal.DueOn;
        var status = call.Data.Has("status") ? call.Data.Text("status") : goal.Status;
        (goal.Name, goal.Owner, goal.DueOn, goal.Status) = (name, owner, dueOn, status);
        goal.Notes = call.Data.Text("notes") ?? goal.Notes;
        return call.One(goal);
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        var goal = Target(call);
        foreach (var record in call.Store.All<Record>().Where(record => record.Home == goal).ToList())
        {
            call.Store.Remove(record);
        }
        call.Store.Remove(goal);
        return ApiAnswer.Empty;
    }

    private static ApiAnswer SetMetric(ApiCall call)
    {
        var goal = Target(call);
        string[] known =
        [
            "resource_subtype",
            "precision",
            "unit",
            "currency_code",
            "progress_source",
            "initial_number_value",
            "target_number_value",
            "current_number_value",
        ];
        call.Data.Only(known);
        var metric = goal.Metric ?? [];
        foreach (var name in known.Where(call.Data.Has))
        {
            metric[name] = call.Data.Node(name)?.DeepClone();
        }
        goal.Metric = metric;
        return call.One(goal);
    }

    private static ApiAnswer Follow(ApiCall call, bool add)
    {
        var goal = call.Target<Goal>("goal_gid", AccessLevel.Comment);
        call.Data.Only("followers");
        var people = call
            .Data.Gids("followers")
            .Select(who => call.MemberOf(goal.Workspace, "followers", who))
            .ToList();
        goal.Followers.RemoveAll(people.Contains);
        if (add)
        {
            goal.Followers.AddRange(people.Distinct());
        }
        return call.One(goal);
    }

    private static ApiAnswer Parents(ApiCall call)
    {
        var goal = call.Target<Goal>("goal_gid");
        return call.Page(
            RecordEndpoints
                .All(call, RecordKinds.GoalRelationship)
                .Where(one => one.Values["supporting_resource"] == goal)
                .Select(one => one.Home)
                .ToList()
        );
    }

    private static ApiAnswer Support(ApiCall call)
    {
        var goal = Target(call);
        call.Data.Only("supporting_resource", "contribution_weight", "insert_before", "insert_after");
        var other = call.ReadableAny("supporting_resource", call.Data.RequiredGid("supporting_resource"));
        if (other == goal || other is not (Goal or Project or Portfolio or TaskItem))
        {
            throw Refusal.WrongKind("supporting_resource", other.Gid);
        }
        var values = new Dictionary<string, object?>
        {
            ["supported_goal"] = goal,
            ["supporting_resource"] = other,
            ["contribution_weight"] =
                call.Data.Node("contribution_weight") is JsonValue weight && weight.TryGetValue(out decimal number)
                    ? number
                    : null,
        };
        return call.One(RecordEndpoints.Add(call, RecordKinds.GoalRelationship, goal, values));
    }

    private static ApiAnswer Unsupport(ApiCall call)
    {
        var goal = Target(call);
        call.Data.Only("supporting_resource");
        var other = call.ReadableAny("supporting_resource", call.Data.RequiredGid("supporting_resource"));
        var found = RecordEndpoints
            .All(call, RecordKinds.GoalRelationship)
            .FirstOrDefault(one => one.Home == goal && one.Values["supporting_resource"] == other);
        call.Store.Remove(found ?? throw Refusal.Unknown("supporting_resource", other.Gid));
        return ApiAnswer.Empty;
    }
}
