using Behalf.Import.Documents;

namespace Behalf.Import;

/// <summary>
/// What a tool does to the world, guessed: by its method, and for the worse where a word of its name or path says more. A
/// guess too many asks a person once more than needed; one too few would not ask.
/// </summary>
internal static class Hints
{
    private static readonly string[] Ending =
    [
        "archive",
        "cancel",
        "clear",
        "close",
        "delete",
        "destroy",
        "disable",
        "discard",
        "erase",
        "kick",
        "purge",
        "remove",
        "reset",
        "revoke",
        "terminate",
        "trash",
        "uninstall",
        "void",
        "wipe",
    ];

    private static readonly string[] Access =
    [
        "access",
        "acl",
        "collaborator",
        "collaborators",
        "follower",
        "followers",
        "invitation",
        "invitations",
        "invite",
        "invites",
        "member",
        "members",
        "membership",
        "memberships",
        "owner",
        "owners",
        "permission",
        "permissions",
        "privacy",
        "role",
        "roles",
        "share",
        "shares",
        "sharing",
        "visibility",
    ];

    public static IReadOnlyList<string> Of(ApiOperation operation)
    {
        if (operation.Method == "GET")
        {
            return ["read_only"];
        }

        HashSet<string> words =
        [
            .. Words.Snake(operation.Id ?? "").Split('_'),
            .. Words.Snake(operation.Path.Split('/').LastOrDefault(part => !part.StartsWith('{')) ?? "").Split('_'),
        ];
        List<string> hints = [];
        if (operation.Method == "DELETE" || words.Overlaps(Ending))
        {
            hints.Add("destructive");
        }

        if (operation.Method is "PUT" or "DELETE")
        {
            hints.Add("idempotent");
        }

        if (words.Overlaps(Access))
        {
            hints.Add("changes_access");
        }

        return hints;
    }
}
