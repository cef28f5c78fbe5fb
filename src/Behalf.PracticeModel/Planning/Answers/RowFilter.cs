using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>Keeps the rows whose due day and state are those asked for, whatever the tool could narrow by itself.</summary>
internal static class RowFilter
{
    public static IReadOnlyList<Row> Apply(IReadOnlyList<Row> rows, Intent intent)
    {
        var before = intent.Value(Slot.DueBefore);
        var after = intent.Value(Slot.DueAfter);
        var status = intent.Value(Slot.Status);
        return
        [
            .. rows.Where(row =>
                (status is null || row.Flag(RowText.DoneKeys) is not { } done || done == (status == "completed"))
                && (
                    (before is null && after is null)
                    || (row.Field(RowText.DueKeys) is { Length: >= 10 } due && Within(due[..10], before, after))
                )
            ),
        ];
    }

    // ISO days compare as text.
    private static bool Within(string day, string? before, string? after) =>
        (before is null || string.CompareOrdinal(day, before) < 0)
        && (after is null || string.CompareOrdinal(day, after) > 0);
}
