using System.Text.Json;

namespace Behalf.Import.Documents;

/// <summary>One operation as the document tells it, whatever its version.</summary>
internal sealed record ApiOperation
{
    /// <value>The document's own id; null: it has none.</value>
    public string? Id { get; init; }

    /// <value>Upper case.</value>
    public required string Method { get; init; }

    /// <value>As written, with its slots.</value>
    public required string Path { get; init; }

    public string Summary { get; init; } = "";

    public string Description { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public bool IsDeprecated { get; init; }

    /// <value>True: it is at another server than the rest.</value>
    public bool IsElsewhere { get; init; }

    /// <value>The operation and its path's item, for what is read once it is chosen.</value>
    public required JsonElement Element { get; init; }

    public required JsonElement PathItem { get; init; }

    /// <value>Each alternative: the schemes that it needs together, with scopes. Empty: nothing is needed.</value>
    public required IReadOnlyList<IReadOnlyList<(string Scheme, IReadOnlyList<string> Scopes)>> Security { get; init; }

    /// <value>What people call it: its id, else method and path.</value>
    public string Label => Id is { Length: > 0 } id ? Words.Line(id, 100) : Words.Line($"{Method} {Path}", 160);
}

internal enum ParameterPlace
{
    Path = 1,
    Query = 2,
    Header = 3,
    Cookie = 4,

    /// <summary>A field of a form (2.0).</summary>
    Form = 5,
}

/// <summary>How a list is written into a query or form.</summary>
internal enum ListStyle
{
    /// <summary>The name once for each item.</summary>
    Repeated = 1,

    /// <summary>One text; see <see cref="ApiParameter.Separator"/>.</summary>
    Joined = 2,

    /// <summary><c>name[]</c> for each item, and <c>name[key]</c> for what an object holds.</summary>
    Bracketed = 3,
}

internal sealed record ApiParameter
{
    public required string Name { get; init; }

    public required ParameterPlace Place { get; init; }

    public bool IsRequired { get; init; }

    public string? Description { get; init; }

    /// <value>Null: the document does not say, or it is not plain text (<c>content</c>).</value>
    public JsonElement? Schema { get; init; }

    public ListStyle Style { get; init; } = ListStyle.Repeated;

    public string Separator { get; init; } = ",";
}

internal enum BodyKind
{
    Json = 1,
    Form = 2,
    Multipart = 3,

    /// <summary>Something that is written neither as JSON nor as a form.</summary>
    Other = 4,
}

/// <param name="Schema">Null where <paramref name="Fields"/> say it (2.0).</param>
/// <param name="Bracketed">Names of fields of a form that are written with brackets.</param>
internal sealed record ApiBody(
    BodyKind Kind,
    JsonElement? Schema,
    IReadOnlyList<ApiParameter> Fields,
    IReadOnlySet<string> Bracketed,
    bool IsRequired
);
