namespace Behalf.Sandbox.Model;

internal enum FieldType
{
    Text,
    Number,
    Enum,
    MultiEnum,
    Date,
    People,
}

internal sealed class CustomField : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public required FieldType Type { get; init; }

    /// <summary>In the workspace's library; otherwise it is known only through the projects that carry it.</summary>
    public bool IsGlobal { get; init; }

    /// <summary>Asana's own library field it was made from, such as <c>priority</c>.</summary>
    public string? CreatedField { get; init; }

    public int Precision { get; init; }
    public string Description { get; set; } = "";

    /// <summary>Values cannot be written.</summary>
    public bool IsLocked { get; init; }

    public User? CreatedBy { get; init; }
    public List<EnumOption> Options { get; } = [];

    public override string ResourceType => "custom_field";
    public override string Title => Name;
}

internal sealed class EnumOption : Entity
{
    public required string Name { get; set; }
    public required CustomField Field { get; init; }
    public string Color { get; set; } = "none";
    public bool Enabled { get; set; } = true;

    public override string ResourceType => "enum_option";
    public override string Title => Name;
}
