namespace Behalf.Sandbox.Rendering;

internal static class PlanFields
{
    public static readonly FieldSet<Portfolio> Portfolio = new FieldSet<Portfolio>("portfolios:read")
        .Compact("name", (_, p) => p.Name)
        .Full("color", (_, p) => p.Color)
        .Full("created_at", (_, p) => p.CreatedAt)
        .Full("created_by", (_, p) => p.Owner, () => PeopleFields.User)
        .Full("members", (_, p) => p.Members.Keys, () => PeopleFields.User)
        .Full("owner", (_, p) => p.Owner, () => PeopleFields.User)
        .Full("permalink_url", (v, p) => v.Permalink(p))
        .Full("public", (_, _) => false)
        .Full("workspace", (_, p) => p.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<Goal> Goal = new FieldSet<Goal>("goals:read")
        .Compact("name", (_, g) => g.Name)
        .Compact("owner", (_, g) => g.Owner, () => PeopleFields.User)
        .Full("due_on", (_, g) => g.DueOn)
        .Full("followers", (_, g) => g.Followers, () => PeopleFields.User)
        .Full("is_workspace_level", (_, g) => g.Team is null)
        .Full("metric", (_, g) => g.Metric)
        .Full("notes", (_, g) => g.Notes)
        .Full("start_on", (_, _) => null)
        .Full("status", (_, g) => g.Status)
        .Full("team", (_, g) => g.Team, () => PeopleFields.Team)
        .Full("workspace", (_, g) => g.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<StatusUpdate> Status = new FieldSet<StatusUpdate>()
        .Compact("title", (_, s) => s.Name)
        .Compact("resource_subtype", (_, s) => $"{s.Parent.ResourceType}_status_update")
        .Full("author", (_, s) => s.CreatedBy, () => PeopleFields.User)
        .Full("created_at", (_, s) => s.CreatedAt)
        .Full("created_by", (_, s) => s.CreatedBy, () => PeopleFields.User)
        .OptIn("html_text", (v, s) => RichText.Read(s.Html, v))
        .Full("parent", (_, s) => s.Parent, () => ProjectFields.Project)
        .Full("status_type", (_, s) => s.StatusType)
        .Full("text", (v, s) => RichText.ReadPlain(s.Html, v));
}
