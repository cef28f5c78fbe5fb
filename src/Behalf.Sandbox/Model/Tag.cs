namespace Behalf.Sandbox.Model;

internal sealed class Tag : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public string? Color { get; set; }
    public string Notes { get; set; } = "";

    public override string ResourceType => "tag";
    public override string Title => Name;
}
