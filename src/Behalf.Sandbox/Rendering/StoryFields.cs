namespace Behalf.Sandbox.Rendering;

internal static class StoryFields
{
    public static readonly FieldSet<Story> Story = new FieldSet<Story>("stories:read")
        .Compact("created_at", (_, s) => s.CreatedAt)
        .Compact("created_by", (_, s) => s.CreatedBy, () => PeopleFields.User)
        .Compact("resource_subtype", (_, s) => s.Subtype)
        .Compact("text", (v, s) => Text(v, s))
        .Compact("type", (_, s) => s.IsComment ? "comment" : "system")
        .OptIn("html_text", (v, s) => RichText.Read(s.Html ?? RichText.FromPlain(Text(v, s)), v))
        .Full("hearted", (_, _) => false)
        .Full("hearts", (_, _) => new JsonArray())
        .Full("is_editable", (v, s) => v.Access.Of(v.Viewer, s) >= AccessLevel.Edit)
        .Full("is_edited", (_, s) => s.IsEdited)
        .Full("is_pinned", (_, s) => s.IsPinned)
        .Full("liked", (_, _) => false)
        .Full("likes", (_, _) => new JsonArray())
        .Full("num_hearts", (_, _) => 0)
        .Full("num_likes", (_, _) => 0)
        .OptIn("previews", (_, _) => new JsonArray(), null, "attachments:read")
        .Full("source", (_, _) => "api")
        .Full("target", (_, s) => s.Target, () => TaskFields.Task);

    private static string Text(View view, Story story)
    {
        if (story.Html is { } html)
        {
            return RichText.ReadPlain(html, view);
        }
        return story.Subject is { } subject ? $"{story.Words} {view.NameOf(subject)}" : story.Words;
    }
}
