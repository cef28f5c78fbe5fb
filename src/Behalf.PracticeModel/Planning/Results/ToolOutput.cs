using System.Text.Json;

namespace Behalf.PracticeModel.Planning.Results;

internal enum Trouble
{
    None,
    NotFound,
    Ambiguous,
    NoPermission,
    Reconnect,
    ScopeMissing,
    RateLimited,
    Unavailable,
    Refused,
    Invalid,
    Other,
}

/// <summary>What a tool answered, as far as it can be read.</summary>
internal sealed record ToolOutput
{
    public required string Text { get; init; }

    public required Trouble Trouble { get; init; }

    /// <value>The sentence of an error; empty when all went well.</value>
    public required string Message { get; init; }

    /// <value>The list the result consists of; for an error, the candidates it names.</value>
    public required IReadOnlyList<Row> Rows { get; init; }

    /// <value>The single object the result consists of.</value>
    public required Row? Thing { get; init; }

    public required JsonElement? Json { get; init; }

    /// <value>Addresses an error names, for the user to open.</value>
    public required IReadOnlyList<string> Links { get; init; }

    public bool Ok => Trouble == Trouble.None;
}
