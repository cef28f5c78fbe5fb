namespace Behalf.Sandbox.Model;

internal sealed class Attachment : Entity
{
    public required string Name { get; init; }

    /// <summary>A <see cref="TaskItem"/> or a <see cref="Project"/>.</summary>
    public required Entity Parent { get; init; }

    public required User CreatedBy { get; init; }
    public required byte[] Content { get; init; }
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Set for links to other places; such an attachment has no content here.</summary>
    public string? ExternalUrl { get; init; }

    public override string ResourceType => "attachment";
    public override string Title => Name;
}
