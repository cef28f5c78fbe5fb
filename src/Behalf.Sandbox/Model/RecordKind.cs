namespace Behalf.Sandbox.Model;

internal enum RecordValue
{
    Text,
    Number,
    Flag,
    Date,
    Person,

    /// <summary>Any object the caller can see.</summary>
    Object,

    /// <summary>A JSON object, as it came.</summary>
    Json,

    /// <summary>Rich text, given as <c>text</c> or <c>html_text</c> and read as both.</summary>
    Html,
}

internal sealed record RecordField(string Name, RecordValue Type, bool IsRequired = false);

/// <summary>What one kind of <see cref="Record"/> holds, how it is listed, and who changes it.</summary>
/// <param name="name">Its <c>resource_type</c>; the slot of its path is this and <c>_gid</c>.</param>
/// <param name="collection">The first segment of its path.</param>
/// <param name="fields">In the order shown.</param>
internal sealed class RecordKind(string name, string collection, params IReadOnlyList<RecordField> fields)
{
    public string Name { get; } = name;
    public string Collection { get; } = collection;
    public IReadOnlyList<RecordField> Fields { get; } = fields;

    /// <summary>The property of a write that names what the new one belongs to; null: the path does.</summary>
    public string? HomeField { get; init; }

    /// <summary>Query parameters that narrow a list; empty: it is not listed by itself.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>At least one of these must be given; empty: none need be.</summary>
    public IReadOnlyList<string> Needed { get; init; } = [];

    public bool IsCreated { get; init; }
    public bool IsUpdated { get; init; }
    public bool IsDeleted { get; init; }

    /// <summary>Only who made it changes it.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Only who made it sees it.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Only administrators of the workspace make and change it.</summary>
    public bool IsAdministered { get; init; }
}
