namespace Behalf.Sandbox.Model;

internal sealed class Goal : Entity
{
    public required string Name { get; init; }
    public required Workspace Workspace { get; init; }
    public required User Owner { get; init; }
    public Team? Team { get; init; }
    public string Notes { get; init; } = "";
    public DateOnly? DueOn { get; init; }
    public string? Status { get; init; }
    public List<User> Followers { get; } = [];

    public override string ResourceType => "goal";
    public override string Title => Name;
}
