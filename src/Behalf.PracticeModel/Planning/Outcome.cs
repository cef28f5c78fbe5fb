using Behalf.PracticeModel.Planning.Results;
using Behalf.PracticeModel.Planning.Tools;

namespace Behalf.PracticeModel.Planning;

internal enum OutcomeKind
{
    Done,
    NoTool,
    MissingInput,
    NotFound,
    Ambiguous,
    Failed,
    Skipped,
    Talk,
}

/// <summary>How an intent ended.</summary>
internal sealed record Outcome(OutcomeKind Kind, Intent Intent)
{
    public ToolOutput? Output { get; init; }

    /// <value>What was found or made, for the following clauses to point back at.</value>
    public IReadOnlyList<Row> Rows { get; init; } = [];

    /// <value>The name of the thing acted on, as far as known.</value>
    public string? Subject { get; init; }

    /// <value>Slots the tool had no place for.</value>
    public IReadOnlyList<Slot> LeftOut { get; init; } = [];

    public IReadOnlyList<ToolProperty> Missing { get; init; } = [];
}
