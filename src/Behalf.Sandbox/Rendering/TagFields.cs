namespace Behalf.Sandbox.Rendering;

internal static class TagFields
{
    public static readonly FieldSet<Tag> Tag = new FieldSet<Tag>("tags:read")
        .Compact("name", (_, t) => t.Name)
        .Full("color", (_, t) => t.Color)
        .Full("created_at", (_, t) => t.CreatedAt)
        .Full("followers", (_, _) => new JsonArray())
        .Full("notes", (_, t) => t.Notes)
        .Full("permalink_url", (v, t) => v.Permalink(t))
        .Full("workspace", (_, t) => t.Workspace, () => PeopleFields.Workspace);
}
