namespace Behalf.Sandbox.Model;

/// <summary>A duplication. It is carried out at once, and reads as succeeded.</summary>
internal sealed class Job : Entity
{
    public required User Owner { get; init; }
    public required TaskItem NewTask { get; init; }

    public override string ResourceType => "job";
}
