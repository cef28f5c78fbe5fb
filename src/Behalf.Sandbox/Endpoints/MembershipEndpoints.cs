namespace Behalf.Sandbox.Endpoints;

/// <summary>Who is in a project, and asking to be.</summary>
internal static class MembershipEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/memberships", List);
        routes.Get("/memberships/{membership_gid}", call => call.One(call.Target<Membership>("membership_gid")));
        routes.Post("/memberships", Create);
        routes.Put("/memberships/{membership_gid}", Update);
        routes.Delete("/memberships/{membership_gid}", Delete);
        routes.Post("/access_requests", Request);
        routes.Get("/access_requests", Requests);
    }

    private static ApiAnswer List(ApiCall call)
    {
        var project = call.Readable<Project>("parent", call.RequiredQuery("parent"));
        var member = call.Query("member") is { } gid ? call.ReadableAny("member", gid) : null;
        return call.Page(project.Members.Where(m => member is null || m.Member == member));
    }

    private static ApiAnswer Create(ApiCall call)
    {
        call.Data.Only("parent", "member", "access_level");
        var project = call.Readable<Project>("parent", call.Data.RequiredGid("parent"));
        RequireSharing(call, project);
        var reference = call.Data.RequiredGid("member");
        Entity member = IsTeam(call, reference)
            ? call.Readable<Team>("member", reference)
            : call.MemberOf(project.Workspace, "member", reference);
        var level = Level(call) ?? AccessLevel.Edit;
        if (project.Members.Find(m => m.Member == member) is { } existing)
        {
            existing.Level = level;
            return call.Created(existing, "memberships");
        }
        return call.Created(ProjectWriter.Join(call.Store, project, member, level), "memberships");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var membership = call.Target<Membership>("membership_gid");
        call.Data.Only("access_level");
        RequireSharing(call, membership.Project);
        membership.Level = Level(call) ?? throw Refusal.Missing("access_level");
        return call.One(membership);
    }

    /// <summary>Everybody may leave.</summary>
    private static ApiAnswer Delete(ApiCall call)
    {
        var membership = call.Target<Membership>("membership_gid");
        if (membership.Member != call.User)
        {
            RequireSharing(call, membership.Project);
        }
        membership.Project.Members.Remove(membership);
        call.Store.Remove(membership);
        return ApiAnswer.Empty;
    }

    /// <summary>The one thing that can be done with what one cannot see.</summary>
    private static ApiAnswer Request(ApiCall call)
    {
        call.Data.Only("target", "message");
        var gid = call.Data.RequiredGid("target");
        var target =
            call.Store.TryFind(gid, out var item) && item is Project or Portfolio
                ? item
                : throw Refusal.Unknown("target", gid);
        if (AccessRules.WorkspaceOf(target)?.Find(call.User) is null)
        {
            throw Refusal.Unknown("target", gid);
        }
        if (call.Access.CanRead(call.User, target))
        {
            throw Refusal.BadRequest("target: You already have access");
        }
        var request = new AccessRequest
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Requester = call.User,
            Target = target,
            Message = call.Data.Text("message") ?? "",
        };
        return call.Created(call.Store.Add(request), "access_requests");
    }

    private static ApiAnswer Requests(ApiCall call)
    {
        var target = call.RequiredQuery("target");
        return call.Page(call.Store.All<AccessRequest>().Where(r => r.Target.Gid == target));
    }

    private static void RequireSharing(ApiCall call, Project project)
    {
        if (!call.Access.CanShare(call.User, project))
        {
            throw Refusal.RoleTooLow();
        }
    }

    private static bool IsTeam(ApiCall call, string reference) =>
        call.Store.TryFind(reference, out var item) && item is Team;

    private static AccessLevel? Level(ApiCall call) =>
        call.Data.Text("access_level") is { } word
            ? AccessLevelWords.Parse(word)
                ?? throw Refusal.BadRequest($"access_level: Not a recognized access level: {word}")
            : null;
}
