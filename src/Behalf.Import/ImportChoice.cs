namespace Behalf.Import;

/// <summary>What of an OpenAPI document becomes a connector, and under which names.</summary>
public sealed record ImportChoice
{
    /// <value><c>[a-z0-9]{1,20}</c>; null: made from the document's title.</value>
    public string? Slug { get; init; }

    /// <value>For people; null: the document's title.</value>
    public string? Name { get; init; }

    /// <value>Operations with one of these tags become tools, whatever the letters' case.</value>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <value>
    /// Patterns, <c>*</c> for any text, over an operation's id or over <c>METHOD /path</c>. With neither tags nor patterns:
    /// every operation, if there are at most <see cref="ConnectorImport.MostUnchosen"/>.
    /// </value>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <value>The document's security scheme that calls use; null: the one that most of the chosen operations accept.</value>
    public string? Scheme { get; init; }

    /// <value>https; null: the document's first server.</value>
    public string? BaseUrl { get; init; }
}

/// <summary>A connector folder that is accepted, not written yet.</summary>
public sealed record ImportedConnector
{
    public required string Slug { get; init; }

    public required string Name { get; init; }

    /// <value>Such as <c>3.0.3</c> or <c>2.0</c>.</value>
    public required string Format { get; init; }

    /// <value>Text by path below the folder, in ordinal order.</value>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <value>Names of the tools, in their order.</value>
    public required IReadOnlyList<string> Tools { get; init; }

    /// <value>Rows of the operation table: what the proxy knows of the API.</value>
    public required int Operations { get; init; }

    /// <value>Operations of the document.</value>
    public required int Found { get; init; }

    /// <value>Chosen, and no tool for a reason.</value>
    public required IReadOnlyList<LeftOut> LeftOut { get; init; }

    /// <value>Optional fields that no tool has, over all tools.</value>
    public required int FieldsLeftOut { get; init; }

    /// <value>What a person should look at, a sentence each.</value>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <param name="Operation">Its id in the document, else method and path.</param>
/// <param name="Reason">A clause that ends "left out: …".</param>
public sealed record LeftOut(string Operation, string Reason);
