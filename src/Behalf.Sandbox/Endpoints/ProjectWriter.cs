namespace Behalf.Sandbox.Endpoints;

/// <summary>Creates projects and applies updates to them.</summary>
internal static class ProjectWriter
{
    private static readonly string[] Details =
    [
        "name",
        "notes",
        "html_notes",
        "color",
        "due_on",
        "due_date",
        "start_on",
        "archived",
        "default_view",
        "owner",
    ];

    private static readonly string[] AdminOnly =
    [
        "privacy_setting",
        "public",
        "default_access_level",
        "minimum_access_level_for_sharing",
        "minimum_access_level_for_customization",
        "team",
    ];

    public static ApiAnswer Create(ApiCall call, Workspace? workspace, Team? team)
    {
        call.Data.Only([.. Details, .. AdminOnly, "workspace"]);
        team ??= call.Data.Gid("team") is { } teamGid ? call.Readable<Team>("team", teamGid) : null;
        workspace ??=
            call.Data.Gid("workspace") is { } gid ? call.Readable<Workspace>("workspace", gid)
            : team is not null ? team.Workspace
            : throw Refusal.Missing("workspace");
        if (team is not null && (team.Workspace != workspace || !team.HasFullMember(call.User)))
        {
            throw Refusal.NoAccess(team);
        }
        var project = new Project
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            ModifiedAt = call.Store.Now,
            Name = call.Data.RequiredText("name"),
            Workspace = workspace,
            Team = team,
            Owner = call.User,
        };
        Apply(call, project);
        call.Store.Add(project);
        Join(call.Store, project, call.User, AccessLevel.Admin);
        project.Sections.Add(
            call.Store.Add(
                new Section
                {
                    Gid = call.Store.NextGid(),
                    CreatedAt = call.Store.Now,
                    Name = "Untitled section",
                    Project = project,
                }
            )
        );
        return call.Created(project, "projects");
    }

    public static ApiAnswer Update(ApiCall call, Project project)
    {
        call.Data.Only([.. Details, .. AdminOnly]);
        if (Array.Exists(AdminOnly, call.Data.Has))
        {
            call.Require(project, AccessLevel.Admin);
        }
        if (call.Data.Has("name"))
        {
            call.Data.RequiredText("name");
        }
        if (call.Data.Gid("team") is { } gid)
        {
            var team = call.Readable<Team>("team", gid);
            project.Team =
                team.HasFullMember(call.User) && team.Workspace == project.Workspace
                    ? team
                    : throw Refusal.NoAccess(team);
        }
        Apply(call, project);
        project.ModifiedAt = call.Store.Now;
        return call.One(project);
    }

    public static Membership Join(ObjectStore store, Project project, Entity member, AccessLevel level)
    {
        var membership = new Membership
        {
            Gid = store.NextGid(),
            CreatedAt = store.Now,
            Project = project,
            Member = member,
            Level = level,
        };
        project.Members.Add(store.Add(membership));
        return membership;
    }

    /// <summary>Everything is read and checked before anything is changed.</summary>
    private static void Apply(ApiCall call, Project project)
    {
        var data = call.Data;
        var notes = TaskWriter.Notes(call, isComment: false);
        var owner = data.Gid("owner") is { } reference ? call.MemberOf(project.Workspace, "owner", reference) : null;
        var privacy = Privacy(data, project);
        var defaultLevel = Level(data, "default_access_level");
        var sharing = Level(data, "minimum_access_level_for_sharing");
        var customization = Level(data, "minimum_access_level_for_customization");
        var dueName = data.Has("due_date") ? "due_date" : "due_on";
        var (dueOn, startOn) = (data.Date(dueName), data.Date("start_on"));
        var (archived, color, view, name) = (
            data.Flag("archived"),
            data.Text("color"),
            data.Text("default_view"),
            data.Text("name")
        );
        if (view is not (null or "list" or "board" or "calendar" or "timeline"))
        {
            throw Refusal.BadRequest($"default_view: Not a recognized view: {view}");
        }
        project.Name = name ?? project.Name;
        project.NotesHtml = notes ?? project.NotesHtml;
        project.Owner = data.Has("owner") ? owner : project.Owner;
        project.Privacy = privacy;
        project.DefaultLevel = defaultLevel ?? project.DefaultLevel;
        project.MinimumLevelForSharing = sharing ?? project.MinimumLevelForSharing;
        project.MinimumLevelForCustomization = customization ?? project.MinimumLevelForCustomization;
        project.DueOn = data.Has(dueName) ? dueOn : project.DueOn;
        project.StartOn = data.Has("start_on") ? startOn : project.StartOn;
        project.Archived = archived ?? project.Archived;
        project.Color = data.Has("color") ? color : project.Color;
        project.DefaultView = view ?? project.DefaultView;
    }

    private static ProjectPrivacy Privacy(Properties data, Project project)
    {
        if (data.Text("privacy_setting") is { } word)
        {
            return word switch
            {
                "public_to_workspace" => ProjectPrivacy.PublicToWorkspace,
                "private_to_team" when project.Team is not null => ProjectPrivacy.PrivateToTeam,
                "private_to_team" => throw Refusal.BadRequest("Missing required team field"),
                "private" => ProjectPrivacy.Private,
                _ => throw Refusal.BadRequest($"privacy_setting: Not a recognized setting: {word}"),
            };
        }
        return data.Flag("public") switch
        {
            true => ProjectPrivacy.PublicToWorkspace,
            false => ProjectPrivacy.Private,
            null => project.Privacy,
        };
    }

    private static AccessLevel? Level(Properties data, string name) =>
        data.Text(name) is { } word
            ? AccessLevelWords.Parse(word) ?? throw Refusal.BadRequest($"{name}: Not a recognized access level: {word}")
            : null;
}
