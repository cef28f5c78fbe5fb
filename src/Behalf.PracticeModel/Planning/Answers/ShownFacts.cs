using System.Text.Json;
using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>
/// What the result of a change says beside the thing itself. When it says that something was left undone, only what it
/// shows is claimed; otherwise what was asked for counts as done.
/// </summary>
internal sealed class ShownFacts
{
    private static readonly string[] RemarkKeys =
    [
        "not_applied",
        "unapplied",
        "warnings",
        "warning",
        "notes",
        "remarks",
    ];

    private readonly Row? envelope;
    private readonly Row? thing;

    private ShownFacts(Row? envelope, Row? thing)
    {
        this.envelope = envelope;
        this.thing = thing;
    }

    /// <value>Remarks of the tool, such as what could not be applied.</value>
    public IReadOnlyList<string> Remarks { get; private init; } = [];

    public static ShownFacts In(Outcome outcome)
    {
        var single = outcome.Rows is [var row] ? row : null;
        if (outcome.Output?.Json is not { ValueKind: JsonValueKind.Object } json)
        {
            return new ShownFacts(envelope: null, single);
        }

        var remarks = RemarkKeys
            .Where(key =>
                json.TryGetProperty(key, out var value) && (key != "notes" || value.ValueKind == JsonValueKind.Array)
            )
            .Select(key => new Row(json).Field(key))
            .OfType<string>()
            .Where(text => text.Length > 0);
        return new ShownFacts(new Row(json), single) { Remarks = [.. remarks] };
    }

    /// <returns>The value to claim, or null when it must not be claimed.</returns>
    public string? Fact(string[] keys, string asked) =>
        envelope?.Field(keys)
        ?? thing?.Field(keys)
        ?? (keys is [var first, ..] ? thing?.CustomField(first) : null)
        ?? (Remarks.Count == 0 ? asked : null);
}
