namespace Behalf.Sandbox.Model;

/// <summary>One object of the practice Asana. All state is read and written under <c>ObjectStore.Gate</c>.</summary>
internal abstract class Entity
{
    /// <summary>Sixteen digits, unique over all kinds of object.</summary>
    public required string Gid { get; init; }

    public abstract string ResourceType { get; }

    /// <summary>What people call it; null for objects without a name.</summary>
    public virtual string? Title => null;

    public DateTimeOffset CreatedAt { get; init; }
}
