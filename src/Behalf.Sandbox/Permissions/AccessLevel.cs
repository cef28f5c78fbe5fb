namespace Behalf.Sandbox.Permissions;

/// <summary>What a user may do with an object; each level includes those before it.</summary>
internal enum AccessLevel
{
    None,
    Read,
    Comment,
    Edit,
    Admin,
}

/// <summary>The words Asana uses for project roles.</summary>
internal static class AccessLevelWords
{
    public static string Word(this AccessLevel level) =>
        level switch
        {
            AccessLevel.Admin => "admin",
            AccessLevel.Edit => "editor",
            AccessLevel.Comment => "commenter",
            AccessLevel.Read => "viewer",
            _ => "none",
        };

    public static AccessLevel? Parse(string? word) =>
        word switch
        {
            "admin" => AccessLevel.Admin,
            "editor" => AccessLevel.Edit,
            "commenter" => AccessLevel.Comment,
            "viewer" => AccessLevel.Read,
            _ => null,
        };
}
