namespace Behalf.Sandbox.Endpoints;

internal static class StoryEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/tasks/{task_gid}/stories", call => List(call, call.Target<TaskItem>("task_gid")));
        routes.Get("/goals/{goal_gid}/stories", call => List(call, call.Target<Goal>("goal_gid")));
        routes.Post(
            "/tasks/{task_gid}/stories",
            call => Create(call, call.Target<TaskItem>("task_gid", AccessLevel.Comment))
        );
        routes.Post(
            "/goals/{goal_gid}/stories",
            call => Create(call, call.Target<Goal>("goal_gid", AccessLevel.Comment))
        );
        routes.Get("/stories/{story_gid}", call => call.One(call.Target<Story>("story_gid")));
        routes.Put("/stories/{story_gid}", Update);
        routes.Delete("/stories/{story_gid}", Delete);
    }

    private static ApiAnswer List(ApiCall call, Entity target) =>
        call.Page(call.Store.All<Story>().Where(s => s.Target == target));

    private static ApiAnswer Create(ApiCall call, Entity target)
    {
        call.Data.Only("text", "html_text", "is_pinned");
        var story = new Story
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Target = target,
            CreatedBy = call.User,
            Subtype = "comment_added",
            Html = Text(call) ?? throw Refusal.Missing("text"),
            IsPinned = call.Data.Flag("is_pinned") ?? false,
        };
        call.Store.Add(story);
        if (target is TaskItem task)
        {
            // Whoever comments, collaborates.
            task.Follow(call.User);
            call.Store.Touch(task);
        }
        return call.Created(story, "stories");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var story = call.Target<Story>("story_gid", AccessLevel.Edit);
        call.Data.Only("text", "html_text", "is_pinned");
        if (Text(call) is { } html)
        {
            story.IsEdited |= html != story.Html;
            story.Html = html;
        }
        story.IsPinned = call.Data.Flag("is_pinned") ?? story.IsPinned;
        return call.One(story);
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        call.Store.Remove(call.Target<Story>("story_gid", AccessLevel.Edit));
        return ApiAnswer.Empty;
    }

    private static string? Text(ApiCall call)
    {
        var html = TaskWriter.Notes(call, isComment: true);
        return html is null || RichText.ReadPlain(html, call.View).Length > 0 ? html : throw Refusal.Missing("text");
    }
}
