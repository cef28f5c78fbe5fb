using System.Text.RegularExpressions;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>One step of a procedure, checked at load. The kinds are closed; none knows a provider.</summary>
internal abstract record Step
{
    public required int Line { get; init; }

    /// <value>The step is left out when this is false.</value>
    public Expression? When { get; init; }

    /// <value>What to do instead when the step ends with a fault of these kinds.</value>
    public Fallback? Fallback { get; init; }
}

/// <param name="On">Fault kinds.</param>
/// <param name="Steps">They see <c>fault.kind</c> and <c>fault.message</c>.</param>
internal sealed record Fallback(IReadOnlyList<string> On, IReadOnlyList<Step> Steps);

/// <summary>One request to the connection's base URL, or several pages of it.</summary>
internal sealed record RequestStep : Step
{
    public required string Operation { get; init; }

    public required HttpMethod Method { get; init; }

    public required PathTemplate Path { get; init; }

    /// <value>A mapping; null values are left out, lists repeat their name.</value>
    public Template? Query { get; init; }

    public QueryFamily? QueryEach { get; init; }

    public IReadOnlyList<(string Name, Template Value)> Headers { get; init; } = [];

    public RequestBody? Body { get; init; }

    public required bool Writes { get; init; }

    /// <value>What of the answer is saved, over <c>body</c> and <c>status</c>.</value>
    public required Expression Select { get; init; }

    public string? Save { get; init; }

    /// <value>How many pages are read and joined; 1 reads the first only.</value>
    public int Pages { get; init; } = 1;

    /// <value>Where the position of the page after the last one read is saved.</value>
    public string? SaveNext { get; init; }

    /// <value>Before the connector's own rules.</value>
    public IReadOnlyList<ErrorRule> On { get; init; } = [];

    public Reconcile? Reconcile { get; init; }
}

/// <summary>Query parameters whose names differ in one part, such as <c>fields.{key}.value</c>: one for each member of an object.</summary>
/// <param name="Before">What stands before the member's name.</param>
/// <param name="Of">The object; null gives no parameters.</param>
internal sealed partial record QueryFamily(string Before, string After, Expression Of)
{
    /// <summary>Whether a member's name may stand in a parameter's: it comes from data, and must not become another parameter.</summary>
    public static bool IsKey(string name) => Key().IsMatch(name);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Key();
}

/// <summary>After a write of unknown outcome: steps that look for the object, and the expression that is it when found.</summary>
internal sealed record Reconcile(IReadOnlyList<Step> Steps, Expression Found);

internal abstract record RequestBody
{
    private RequestBody() { }

    internal sealed record Json(Template Tree) : RequestBody;

    internal sealed record Form(Template Fields) : RequestBody;

    internal sealed record Multipart(IReadOnlyList<BodyPart> Parts) : RequestBody;
}

/// <param name="File">Bytes; null for a field.</param>
internal sealed record BodyPart(
    string Name,
    Template? Value,
    Expression? File,
    Template? FileName,
    Template? ContentType
);

internal sealed record CallStep : Step
{
    public required string Procedure { get; init; }

    public required IReadOnlyList<(string Name, Template Value)> With { get; init; }

    public string? Save { get; init; }
}

/// <summary>Finds the one object a person means by id, URL, self word or name.</summary>
internal sealed record LookupStep : Step
{
    /// <value>Such as <c>project</c>, for messages.</value>
    public required string Kind { get; init; }

    public required string Plural { get; init; }

    /// <value>What was given.</value>
    public required Expression Of { get; init; }

    /// <value>Patterns of ids and URLs; the first group is the id.</value>
    public IReadOnlyList<Expression> Ids { get; init; } = [];

    /// <value>Steps that read the object by <c>args.id</c>.</value>
    public Procedure? ById { get; init; }

    public IReadOnlyList<LookupSource> Candidates { get; init; } = [];

    /// <value>Over a candidate.</value>
    public required Expression Name { get; init; }

    public required Expression Id { get; init; }

    /// <value>More names by which it may be called; a list or null.</value>
    public Expression? Aliases { get; init; }

    /// <value>Over a candidate: how it is told from others of its name. Null: its name.</value>
    public Expression? Label { get; init; }

    /// <value>Over the scope: where was looked, for the sentence that nothing was found; may be null.</value>
    public Template? Where { get; init; }

    public required string Save { get; init; }
}

internal sealed record LookupSource(Expression? When, IReadOnlyList<Step> Steps, Expression Items, Fallback? Fallback);

internal sealed record SetStep : Step
{
    public required IReadOnlyList<(string Name, Template Value)> Values { get; init; }
}

internal sealed record ForEachStep : Step
{
    public required Expression Items { get; init; }

    public required string As { get; init; }

    public required int Max { get; init; }

    public required IReadOnlyList<Step> Steps { get; init; }

    public Template? Result { get; init; }

    public required string Save { get; init; }

    /// <value>True: a fault of one item is recorded as its outcome and the next follows.</value>
    public required bool RecordFaults { get; init; }
}

internal sealed record FetchStep : Step
{
    public required Expression Url { get; init; }

    public required IReadOnlyList<string> Hosts { get; init; }

    public required int MaxBytes { get; init; }

    public required string Save { get; init; }
}

internal sealed record FailStep : Step
{
    public required string Kind { get; init; }

    public required Template Message { get; init; }
}

internal sealed record NoteStep : Step
{
    public required Template Message { get; init; }
}

/// <summary>Several steps under one condition or fallback.</summary>
internal sealed record GroupStep : Step
{
    public required IReadOnlyList<Step> Steps { get; init; }
}

/// <summary>One <c>tools/call</c> at the connector's remote MCP server.</summary>
internal sealed record McpStep : Step
{
    /// <value>The server's name of the tool.</value>
    public required string Tool { get; init; }

    /// <value>Of the tool as it was accepted; see <see cref="Remote.RemoteTool"/>.</value>
    public required string Pin { get; init; }

    public Template? Arguments { get; init; }

    /// <value>Arguments that are repeated in headers of their own.</value>
    public IReadOnlyList<McpHeader> Headers { get; init; } = [];

    public required bool Writes { get; init; }

    public string? Save { get; init; }
}

/// <param name="Name">After <c>Mcp-Param-</c>.</param>
/// <param name="Path">The names that lead to the argument, as the server has them.</param>
internal sealed record McpHeader(string Name, IReadOnlyList<string> Path);

/// <summary>Reads the remote server's list and takes it in.</summary>
internal sealed record McpListStep : Step
{
    public string? Save { get; init; }
}
