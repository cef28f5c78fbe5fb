namespace Behalf.Sandbox.Rendering;

internal static class PeopleFields
{
    public static readonly FieldSet<Workspace> Workspace = new FieldSet<Workspace>("workspaces:read")
        .Compact("name", (_, w) => w.Name)
        .Full("email_domains", (_, w) => Strings(w.EmailDomains))
        .Full("is_organization", (_, w) => w.IsOrganization);

    public static readonly FieldSet<User> User = new FieldSet<User>("users:read")
        .Compact("name", (_, u) => u.Name)
        .Full("email", (_, u) => u.Email)
        .Full("photo", (_, _) => null)
        .Full("workspaces", (v, u) => v.Store.All<Workspace>().Where(w => w.Find(u) is not null), () => Workspace);

    public static readonly FieldSet<Team> Team = new FieldSet<Team>("teams:read")
        .Compact("name", (_, t) => t.Name)
        .Full("organization", (_, t) => t.Workspace, () => Workspace)
        .Full("permalink_url", (v, t) => v.Permalink(t))
        .Full(
            "visibility",
            (_, t) =>
                t.Visibility switch
                {
                    TeamVisibility.Public => "public",
                    TeamVisibility.RequestToJoin => "request_to_join",
                    _ => "secret",
                }
        )
        .OptIn("description", (_, t) => t.Description)
        .OptIn("html_description", (v, t) => RichText.Read(RichText.FromPlain(t.Description), v));

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode?)v)]);
}
