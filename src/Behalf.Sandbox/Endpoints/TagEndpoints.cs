namespace Behalf.Sandbox.Endpoints;

internal static class TagEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get(
            "/tags",
            call => Of(call, call.Query("workspace") is { } gid ? call.Readable<Workspace>("workspace", gid) : null)
        );
        routes.Get("/workspaces/{workspace_gid}/tags", call => Of(call, call.Target<Workspace>("workspace_gid")));
        routes.Get("/tags/{tag_gid}", call => call.One(call.Target<Tag>("tag_gid")));
        routes.Post(
            "/tags",
            call => Create(call, call.Readable<Workspace>("workspace", call.Data.RequiredGid("workspace")))
        );
        routes.Post("/workspaces/{workspace_gid}/tags", call => Create(call, call.Target<Workspace>("workspace_gid")));
        routes.Put("/tags/{tag_gid}", Update);
    }

    private static ApiAnswer Of(ApiCall call, Workspace? workspace) =>
        call.Page(call.Store.All<Tag>().Where(t => workspace is null || t.Workspace == workspace));

    private static ApiAnswer Create(ApiCall call, Workspace workspace)
    {
        call.Data.Only("name", "color", "notes", "workspace");
        if (!AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.RoleTooLow();
        }
        var tag = new Tag
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = call.Data.RequiredText("name"),
            Workspace = workspace,
            Color = call.Data.Text("color"),
            Notes = call.Data.Text("notes") ?? "",
        };
        return call.Created(call.Store.Add(tag), "tags");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var tag = call.Target<Tag>("tag_gid", AccessLevel.Edit);
        call.Data.Only("name", "color", "notes");
        var (name, color, notes) = (
            call.Data.Has("name") ? call.Data.RequiredText("name") : tag.Name,
            call.Data.Text("color"),
            call.Data.Text("notes")
        );
        (tag.Name, tag.Color, tag.Notes) = (name, call.Data.Has("color") ? color : tag.Color, notes ?? tag.Notes);
        return call.One(tag);
    }
}
