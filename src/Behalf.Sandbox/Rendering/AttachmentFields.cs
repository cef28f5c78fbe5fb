namespace Behalf.Sandbox.Rendering;

internal static class AttachmentFields
{
    public static readonly FieldSet<Attachment> Attachment = new FieldSet<Attachment>("attachments:read")
        .Compact("name", (_, a) => a.Name)
        .Compact("resource_subtype", (_, a) => a.ExternalUrl is null ? "asana" : "external")
        .Full("connected_to_app", (_, _) => false)
        .Full("created_at", (_, a) => a.CreatedAt)
        .Full("download_url", (v, a) => a.ExternalUrl is null ? v.Links.For(v.Origin, a) : null)
        .Full("host", (_, a) => a.ExternalUrl is null ? "asana" : "external")
        .Full("parent", (_, a) => a.Parent, () => TaskFields.Task)
        .Full("permanent_url", (v, a) => v.Permalink(a))
        .OptIn("size", (_, a) => a.Content.Length)
        .Full("view_url", (v, a) => a.ExternalUrl ?? v.Links.For(v.Origin, a));
}
