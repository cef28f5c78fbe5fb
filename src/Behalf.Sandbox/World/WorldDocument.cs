using System.Text.Json.Serialization;

namespace Behalf.Sandbox.World;

/// <summary>
/// The cast and the stage, as a person writes it. Things are named by <c>key</c>, unique over the whole document; rich
/// text may hold <c>{{key}}</c> where a gid belongs.
/// </summary>
internal sealed record WorldDocument
{
    public required IReadOnlyList<UserEntry> Users { get; init; }
    public required IReadOnlyList<WorkspaceEntry> Workspaces { get; init; }
    public IReadOnlyList<TeamEntry> Teams { get; init; } = [];
    public IReadOnlyList<FieldEntry> CustomFields { get; init; } = [];
    public IReadOnlyList<TagEntry> Tags { get; init; } = [];
    public IReadOnlyList<ProjectEntry> Projects { get; init; } = [];
    public IReadOnlyList<TaskEntry> Tasks { get; init; } = [];
    public IReadOnlyList<PortfolioEntry> Portfolios { get; init; } = [];
    public IReadOnlyList<GoalEntry> Goals { get; init; } = [];
    public IReadOnlyList<StatusEntry> StatusUpdates { get; init; } = [];
    public required StoryEntry Story { get; init; }
}

internal sealed record UserEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Email { get; init; }
    public required string Password { get; init; }
    public bool ServiceAccount { get; init; }
}

internal sealed record WorkspaceEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public bool Organization { get; init; }

    /// <value>"premium" or "free"</value>
    public required string Plan { get; init; }

    public IReadOnlyList<string> EmailDomains { get; init; } = [];
    public string CollaboratorAccessLevel { get; init; } = "commenter";
    public required IReadOnlyList<WorkspaceMemberEntry> Members { get; init; }
}

/// <param name="Role">"member", "guest" or "admin"</param>
internal sealed record WorkspaceMemberEntry([property: JsonRequired] string User, string Role = "member");

internal sealed record TeamEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }

    /// <value>"public", "request_to_join" or "secret"</value>
    public required string Visibility { get; init; }

    public string Description { get; init; } = "";
    public IReadOnlyList<TeamMemberEntry> Members { get; init; } = [];
}

internal sealed record TeamMemberEntry([property: JsonRequired] string User, bool LimitedAccess = false);

internal sealed record FieldEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }

    /// <value>"text", "number", "enum", "multi_enum", "date" or "people"</value>
    public required string Type { get; init; }

    public bool Global { get; init; } = true;
    public bool Locked { get; init; }
    public string? AsanaCreatedField { get; init; }
    public int Precision { get; init; }
    public string Description { get; init; } = "";
    public IReadOnlyList<OptionEntry> Options { get; init; } = [];
}

internal sealed record OptionEntry([property: JsonRequired] string Name, string Color = "none", bool Enabled = true);

internal sealed record TagEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }
    public string? Color { get; init; }
}

internal sealed record ProjectEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }
    public string? Team { get; init; }

    /// <value>"private", "private_to_team" or "public_to_workspace"</value>
    public required string Privacy { get; init; }

    public string DefaultAccessLevel { get; init; } = "editor";
    public string? CollaboratorAccessLevel { get; init; }
    public string? Owner { get; init; }
    public string? Notes { get; init; }
    public string? HtmlNotes { get; init; }
    public string? Color { get; init; }
    public bool Archived { get; init; }
    public IReadOnlyList<ProjectMemberEntry> Members { get; init; } = [];
    public IReadOnlyList<string> Fields { get; init; } = [];
    public IReadOnlyList<string> Sections { get; init; } = [];
    public IReadOnlyList<AttachmentEntry> Attachments { get; init; } = [];
}

/// <param name="User">Either this or the team.</param>
internal sealed record ProjectMemberEntry(
    [property: JsonRequired] string Access,
    string? User = null,
    string? Team = null
);

internal sealed record TaskEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string CreatedBy { get; init; }

    /// <summary>Needed for a task without projects and without a parent.</summary>
    public string? Workspace { get; init; }

    public string? Parent { get; init; }
    public string? Assignee { get; init; }
    public string? Notes { get; init; }
    public string? HtmlNotes { get; init; }
    public bool Completed { get; init; }
    public bool Public { get; init; }

    /// <summary>Days from the start of the process.</summary>
    public int? DueInDays { get; init; }

    public IReadOnlyList<string> Followers { get; init; } = [];
    public IReadOnlyList<PlaceEntry> Projects { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Field key to value: option name, option names, number, text, date, or user keys.</summary>
    public IReadOnlyDictionary<string, JsonNode> Fields { get; init; } = new Dictionary<string, JsonNode>();

    public IReadOnlyList<CommentEntry> Comments { get; init; } = [];
    public IReadOnlyList<AttachmentEntry> Attachments { get; init; } = [];
}

internal sealed record PlaceEntry([property: JsonRequired] string Project, [property: JsonRequired] string Section);

internal sealed record CommentEntry([property: JsonRequired] string By, string? Text = null, string? HtmlText = null);

internal sealed record AttachmentEntry(
    [property: JsonRequired] string Name,
    [property: JsonRequired] string By,
    [property: JsonRequired] string Content
);

internal sealed record PortfolioEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }
    public required string Owner { get; init; }
    public IReadOnlyList<ProjectMemberEntry> Members { get; init; } = [];
    public IReadOnlyList<string> Items { get; init; } = [];
}

internal sealed record GoalEntry
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Workspace { get; init; }
    public required string Owner { get; init; }
    public string? Team { get; init; }
    public string Notes { get; init; } = "";
    public string? Status { get; init; }
    public IReadOnlyList<string> Followers { get; init; } = [];
}

internal sealed record StatusEntry
{
    public required string Parent { get; init; }
    public required string By { get; init; }
    public required string Title { get; init; }
    public required string StatusType { get; init; }
    public required string Text { get; init; }
}

/// <summary>What the demo tells: who asks for what, so that a renamed world tells it too.</summary>
internal sealed record StoryEntry
{
    public required RolesEntry Roles { get; init; }

    /// <summary>Key of the project in which the creator makes a task.</summary>
    public required string Project { get; init; }

    /// <summary>Name of that task; it does not exist yet.</summary>
    public required string Task { get; init; }

    /// <summary>Key of the project that the insider sees and the outsider must not.</summary>
    public required string Board { get; init; }

    /// <summary>Key of the field, and name of its option, that make the task urgent.</summary>
    public required string PriorityField { get; init; }

    public required string PriorityOption { get; init; }

    /// <summary>Text of the comment that the creator adds.</summary>
    public required string Comment { get; init; }

    /// <summary>Key of the user that sees everything.</summary>
    public required string ServiceAccount { get; init; }
}

/// <summary>User keys.</summary>
internal sealed record RolesEntry(
    [property: JsonRequired] string Creator,
    [property: JsonRequired] string Outsider,
    [property: JsonRequired] string Insider
);
