namespace Behalf.Sandbox.Model;

internal sealed class StatusUpdate : Entity
{
    public required string Name { get; init; }

    /// <summary>A <see cref="Project"/>, a <see cref="Portfolio"/> or a <see cref="Goal"/>.</summary>
    public required Entity Parent { get; init; }

    public required User CreatedBy { get; init; }
    public required string StatusType { get; init; }
    public required string Html { get; init; }

    public override string ResourceType => "status_update";
    public override string Title => Name;
}
