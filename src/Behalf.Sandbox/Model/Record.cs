namespace Behalf.Sandbox.Model;

/// <summary>An object that is kept as it was given: what its kind says is all there is to know of it.</summary>
internal sealed class Record : Entity
{
    public required RecordKind Kind { get; init; }

    /// <summary>What it belongs to; who may read that may read it.</summary>
    public required Entity Home { get; init; }

    public required User CreatedBy { get; init; }

    /// <summary>string, decimal, bool, <see cref="DateOnly"/>, <see cref="Entity"/> or <see cref="JsonNode"/>; absent: null.</summary>
    public Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    public override string ResourceType => Kind.Name;
    public override string? Title => Values.GetValueOrDefault("name") as string;
}
