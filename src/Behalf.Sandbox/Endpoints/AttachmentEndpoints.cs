namespace Behalf.Sandbox.Endpoints;

internal static class AttachmentEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/attachments", List);
        routes.Get("/attachments/{attachment_gid}", call => call.One(call.Target<Attachment>("attachment_gid")));
        routes.Post("/attachments", Create);
        routes.Delete("/attachments/{attachment_gid}", Delete);
    }

    private static ApiAnswer List(ApiCall call)
    {
        var parent = Parent(call, call.RequiredQuery("parent"));
        return call.Page(call.Store.All<Attachment>().Where(a => a.Parent == parent));
    }

    /// <summary>A multipart form: <c>parent</c> with <c>file</c>, or with <c>url</c> and <c>name</c>.</summary>
    private static ApiAnswer Create(ApiCall call)
    {
        var form = call.Form ?? throw Refusal.BadRequest("The body must be multipart/form-data");
        var parent = Parent(
            call,
            form["parent"].ToString() is { Length: > 0 } gid ? gid : throw Refusal.Missing("parent")
        );
        call.Require(parent, AccessLevel.Edit);
        var name = form["name"].ToString();
        var url = form["url"].ToString();
        if (form.Files.GetFile("file") is not { } file)
        {
            return url.Length > 0 && name.Length > 0
                ? Add(call, parent, name, [], "text/uri-list", url)
                : throw Refusal.Missing("file");
        }
        using var content = new MemoryStream();
        file.CopyTo(content);
        return Add(call, parent, name.Length > 0 ? name : file.FileName, content.ToArray(), file.ContentType, null);
    }

    private static ApiAnswer Add(ApiCall call, Entity parent, string name, byte[] content, string type, string? url)
    {
        var attachment = new Attachment
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = name,
            Parent = parent,
            CreatedBy = call.User,
            Content = content,
            ContentType = type,
            ExternalUrl = url,
        };
        call.Store.Add(attachment);
        if (parent is TaskItem task)
        {
            TaskWriter.Tell(call, task, "attachment_added", $"attached {name}", null);
            call.Store.Touch(task);
        }
        return call.Created(attachment, "attachments");
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        call.Store.Remove(call.Target<Attachment>("attachment_gid", AccessLevel.Edit));
        return ApiAnswer.Empty;
    }

    private static Entity Parent(ApiCall call, string gid) =>
        call.ReadableAny("parent", gid) switch
        {
            (TaskItem or Project) and var parent => parent,
            _ => throw Refusal.WrongKind("parent", gid),
        };
}
