using System.Text.Json.Nodes;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Schemas;

/// <summary>A compiled schema of the subset; see <c>docs/connector-format.md</c>. Immutable.</summary>
internal sealed record SchemaNode
{
    /// <value>Empty: any type. <c>null</c> may stand beside one other type.</value>
    public IReadOnlyList<string> Types { get; init; } = [];

    public IReadOnlyList<SchemaProperty> Properties { get; init; } = [];

    public IReadOnlyList<string> Required { get; init; } = [];

    /// <value>Schema of values under free names; null: no free names (the usual case).</value>
    public SchemaNode? FreeProperties { get; init; }

    public int MaxProperties { get; init; } = int.MaxValue;

    public IReadOnlyList<JToken>? Enum { get; init; }

    public int MinLength { get; init; }

    public int MaxLength { get; init; } = int.MaxValue;

    public TextPattern? Pattern { get; init; }

    public string? Format { get; init; }

    public decimal? Minimum { get; init; }

    public decimal? Maximum { get; init; }

    public SchemaNode? Items { get; init; }

    public int MinItems { get; init; }

    public int MaxItems { get; init; } = int.MaxValue;

    public IReadOnlyList<SchemaNode> OneOf { get; init; } = [];

    public JToken? Default { get; init; }
}

internal sealed record SchemaProperty(string Name, SchemaNode Schema);

/// <summary>A tool's input: the schema as a model sees it, and as it is checked.</summary>
internal sealed record InputSchema(JsonObject Json, SchemaNode Root);
