namespace Behalf.Sandbox.Model;

internal sealed class Portfolio : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public required User Owner { get; init; }
    public string? Color { get; set; }
    public Dictionary<User, AccessLevel> Members { get; } = [];
    public List<Project> Items { get; } = [];

    public override string ResourceType => "portfolio";
    public override string Title => Name;
}
