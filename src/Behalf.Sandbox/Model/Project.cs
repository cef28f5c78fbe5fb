namespace Behalf.Sandbox.Model;

internal enum ProjectPrivacy
{
    Private,
    PrivateToTeam,
    PublicToWorkspace,
}

internal sealed class Project : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public Team? Team { get; set; }
    public ProjectPrivacy Privacy { get; set; }

    /// <summary>What somebody gets who reaches the project through its privacy setting alone.</summary>
    public AccessLevel DefaultLevel { get; set; } = AccessLevel.Edit;

    /// <summary>What followers of its tasks may do who are not members; null: the workspace decides.</summary>
    public AccessLevel? CollaboratorLevel { get; init; }

    public AccessLevel MinimumLevelForSharing { get; set; } = AccessLevel.Admin;
    public AccessLevel MinimumLevelForCustomization { get; set; } = AccessLevel.Admin;
    public User? Owner { get; set; }

    /// <summary>Rich text, <c>&lt;body&gt;…&lt;/body&gt;</c>.</summary>
    public string NotesHtml { get; set; } = RichText.Empty;

    public string? Color { get; set; }
    public string DefaultView { get; set; } = "list";
    public bool Archived { get; set; }
    public DateOnly? StartOn { get; set; }
    public DateOnly? DueOn { get; set; }
    public DateTimeOffset ModifiedAt { get; set; }
    public List<Membership> Members { get; } = [];
    public List<Section> Sections { get; } = [];
    public List<FieldSetting> Fields { get; } = [];

    public override string ResourceType => "project";
    public override string Title => Name;

    public IEnumerable<TaskItem> Tasks => Sections.SelectMany(s => s.Tasks);
}

/// <summary>A user's or a team's place in a project; <see cref="Member"/> is a <see cref="User"/> or a <see cref="Team"/>.</summary>
internal sealed class Membership : Entity
{
    public required Project Project { get; init; }
    public required Entity Member { get; init; }
    public required AccessLevel Level { get; set; }

    public override string ResourceType => "membership";
}

internal sealed class Section : Entity
{
    public required string Name { get; set; }
    public required Project Project { get; init; }
    public List<TaskItem> Tasks { get; } = [];

    public override string ResourceType => "section";
    public override string Title => Name;
}

internal sealed class FieldSetting : Entity
{
    public required Project Project { get; init; }
    public required CustomField Field { get; init; }
    public bool IsImportant { get; init; }

    public override string ResourceType => "custom_field_setting";
}
