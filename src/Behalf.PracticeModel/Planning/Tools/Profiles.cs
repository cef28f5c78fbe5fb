namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>
/// The words a tool for an intent is likely to be named with: verbs and nouns best first, and words that may stand
/// beside them without meaning another job.
/// </summary>
internal sealed record Profile(IReadOnlyList<string> Verbs, IReadOnlyList<string> Nouns, IReadOnlyList<string> Beside);

internal static class Profiles
{
    private static readonly string[] Creating = ["create", "add", "new", "make", "insert", "post", "open"];
    private static readonly string[] Listing = ["list", "search", "find", "get", "show", "fetch", "query", "browse"];
    private static readonly string[] Getting =
    [
        "get",
        "show",
        "read",
        "fetch",
        "describe",
        "retrieve",
        "view",
        "lookup",
    ];
    private static readonly string[] Finding = ["search", "find", "lookup", "query", "list"];
    private static readonly string[] Updating = ["update", "edit", "modify", "change", "set", "patch", "rename"];
    private static readonly string[] Completing = ["complete", "finish", "close", "resolve", "mark", "update", "edit"];
    private static readonly string[] Removing = ["remove", "delete", "drop"];
    private static readonly string[] Adding = ["add", "set", "attach", "apply", "create", "invite"];

    private static readonly HashSet<string> AllVerbs =
    [
        .. Creating,
        .. Listing,
        .. Getting,
        .. Finding,
        .. Updating,
        .. Completing,
        .. Removing,
        .. Adding,
        "move",
        "transition",
        "duplicate",
        "copy",
        "clone",
        "share",
        "count",
        "tag",
        "untag",
        "follow",
        "unfollow",
        "destroy",
        "trash",
        "who",
        "whoami",
        "reply",
        "comment",
        "reopen",
        "archive",
    ];

    public static bool IsVerb(string word) => AllVerbs.Contains(word);

    public static Profile Of(Intent intent) =>
        intent.Verb switch
        {
            Verb.Create when intent.Noun is "comment" => new(
                [.. Creating, "comment", "reply", "write"],
                ["comment"],
                ["task", "message"]
            ),
            Verb.Create when intent.Noun is "attachment" => new(
                ["attach", "upload", .. Creating],
                ["attachment"],
                ["task"]
            ),
            Verb.Create => new(Creating, [intent.Noun], []),
            Verb.List => new(Listing, [intent.Noun], [intent.TargetNoun]),
            Verb.ListIn when intent.Noun.Length == 0 => new(Listing, ["task", "message", "page", "attachment"], []),
            Verb.ListIn => new(Listing, [intent.Noun], [intent.TargetNoun]),
            Verb.Get => new(Getting, [intent.Noun], ["detail"]),
            Verb.Find => new(Finding, [intent.Noun], ["typeahead"]),
            Verb.Count => new(["count", "get", "list"], ["count", intent.Noun], ["project", "task"]),
            Verb.Update => new(Updating, [intent.Noun], intent.Slots.ContainsKey(Slot.Field) ? ["field"] : []),
            Verb.Complete => new(Completing, [intent.Noun], []),
            Verb.Delete => new(["delete", "destroy", "trash", "remove", "archive"], [intent.Noun], []),
            Verb.Move => new(["move", "transition", "add", "set", "update"], ["section", intent.TargetNoun], ["task"]),
            Verb.AddTo => new(Adding, ["project"], ["task"]),
            Verb.RemoveFrom => new(Removing, ["project"], ["task"]),
            Verb.Follow => new([.. Adding, "follow", "watch"], ["follower"], ["task", "user"]),
            Verb.Unfollow => new([.. Removing, "unfollow", "unwatch"], ["follower"], ["task", "user"]),
            Verb.Tag => new([.. Adding, "tag"], ["tag"], ["task"]),
            Verb.Untag => new([.. Removing, "untag"], ["tag"], ["task"]),
            Verb.Depend => new([.. Adding, "depend"], ["dependency"], ["task"]),
            Verb.Undepend => new(Removing, ["dependency"], ["task"]),
            Verb.Duplicate => new(["duplicate", "copy", "clone"], [intent.Noun], []),
            Verb.Share => new(["share", "invite", "add"], ["project", "user"], ["project", "user"]),
            Verb.WhoAmI => new(
                [.. Getting, "who", "whoami", "current"],
                ["me", "myself", "self", "whoami", "viewer", "current"],
                ["user", "am"]
            ),
            _ => new([], [], []),
        };
}
