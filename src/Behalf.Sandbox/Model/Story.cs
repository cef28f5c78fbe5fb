namespace Behalf.Sandbox.Model;

/// <summary>A comment somebody wrote, or a record of something that happened.</summary>
internal sealed class Story : Entity
{
    /// <summary>A <see cref="TaskItem"/> or a <see cref="Goal"/>.</summary>
    public required Entity Target { get; init; }

    public required User CreatedBy { get; init; }
    public required string Subtype { get; init; }

    /// <summary>Rich text of a comment; null for system stories.</summary>
    public string? Html { get; set; }

    /// <summary>Words of a system story, such as "added to"; the name of <see cref="Subject"/> follows when read.</summary>
    public string Words { get; init; } = "";

    /// <summary>What a system story speaks of. Who cannot see it cannot see the story.</summary>
    public Entity? Subject { get; init; }

    public bool IsPinned { get; set; }
    public bool IsEdited { get; set; }

    public bool IsComment => Html is not null;
    public override string ResourceType => "story";
}
