namespace Behalf.Sandbox.Rendering;

internal static class ProjectFields
{
    public static readonly FieldSet<Project> Project = new FieldSet<Project>("projects:read")
        .Compact("name", (_, p) => p.Name)
        .Full("archived", (_, p) => p.Archived)
        .Full("color", (_, p) => p.Color)
        .Full("completed", (_, _) => false)
        .Full("completed_at", (_, _) => null)
        .Full("created_at", (_, p) => p.CreatedAt)
        .Full("current_status_update", (v, p) => LatestStatus(v, p), () => PlanFields.Status)
        .Full("custom_field_settings", (_, p) => p.Fields, () => CustomFieldFields.Setting)
        .Full("custom_fields", (_, _) => new JsonArray())
        .Full("default_access_level", (_, p) => p.DefaultLevel.Word())
        .Full("default_view", (_, p) => p.DefaultView)
        .Full("due_date", (_, p) => p.DueOn)
        .Full("due_on", (_, p) => p.DueOn)
        .Full("followers", (_, p) => People(p), () => PeopleFields.User)
        .OptIn("html_notes", (v, p) => RichText.Read(p.NotesHtml, v))
        .Full("members", (_, p) => People(p), () => PeopleFields.User)
        .Full("minimum_access_level_for_customization", (_, p) => p.MinimumLevelForCustomization.Word())
        .Full("minimum_access_level_for_sharing", (_, p) => p.MinimumLevelForSharing.Word())
        .Full("modified_at", (_, p) => p.ModifiedAt)
        .Full("notes", (v, p) => RichText.ReadPlain(p.NotesHtml, v))
        .Full("owner", (_, p) => p.Owner, () => PeopleFields.User)
        .Full("permalink_url", (v, p) => v.Permalink(p))
        .Full("privacy_setting", (_, p) => PrivacyWord(p.Privacy))
        .Full("public", (_, p) => p.Privacy == ProjectPrivacy.PublicToWorkspace)
        .Full("start_on", (_, p) => p.StartOn)
        .Full("team", (_, p) => p.Team, () => PeopleFields.Team, "teams:read")
        .Full("workspace", (_, p) => p.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<Section> Section = new FieldSet<Section>("project_sections:read")
        .Compact("name", (_, s) => s.Name)
        .Full("created_at", (_, s) => s.CreatedAt)
        .Full("project", (_, s) => s.Project, () => Project)
        .Full("projects", (_, s) => new[] { s.Project }, () => Project);

    public static readonly FieldSet<Membership> Membership = new FieldSet<Membership>()
        .Compact("resource_subtype", (_, _) => "project_membership")
        .Compact("parent", (_, m) => m.Project, () => Project)
        .Compact("member", (_, m) => m.Member, () => PeopleFields.User)
        .Compact("access_level", (_, m) => m.Level.Word())
        .Full("project", (_, m) => m.Project, () => Project)
        .Full("user", (_, m) => m.Member as User, () => PeopleFields.User)
        .Full("is_team", (_, m) => m.Member is Team);

    public static readonly FieldSet<AccessRequest> AccessRequest = new FieldSet<AccessRequest>()
        .Compact("requester", (_, r) => r.Requester, () => PeopleFields.User)
        .Compact(
            "target",
            // The requester cannot see the target and learns no more than the gid that was sent.
            (_, r) => new JsonObject { ["gid"] = r.Target.Gid, ["resource_type"] = r.Target.ResourceType }
        )
        .Compact("message", (_, r) => r.Message)
        .Compact("approval_status", (_, _) => "pending");

    public static string PrivacyWord(ProjectPrivacy privacy) =>
        privacy switch
        {
            ProjectPrivacy.PublicToWorkspace => "public_to_workspace",
            ProjectPrivacy.PrivateToTeam => "private_to_team",
            _ => "private",
        };

    private static IEnumerable<User> People(Project project) => project.Members.Select(m => m.Member).OfType<User>();

    private static StatusUpdate? LatestStatus(View view, Project project) =>
        view.Store.All<StatusUpdate>().LastOrDefault(s => s.Parent == project);
}
