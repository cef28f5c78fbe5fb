namespace Behalf.Sandbox.Model;

/// <summary>Work that takes Asana a while. It is carried out at once, and reads as succeeded.</summary>
internal sealed class Job : Entity
{
    public required User Owner { get; init; }
    public string Subtype { get; init; } = "duplicate_task";
    public TaskItem? NewTask { get; init; }
    public Project? NewProject { get; init; }
    public Record? NewTemplate { get; init; }

    public override string ResourceType => "job";
}
