namespace Behalf.Sandbox.Model;

internal sealed class Goal : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public required User Owner { get; set; }
    public Team? Team { get; init; }
    public string Notes { get; set; } = "";
    public DateOnly? DueOn { get; set; }
    public string? Status { get; set; }

    /// <summary>What it is measured by, as it was given; null: nothing.</summary>
    public JsonObject? Metric { get; set; }

    public List<User> Followers { get; } = [];

    public override string ResourceType => "goal";
    public override string Title => Name;
}
