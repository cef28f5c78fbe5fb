using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>Keeps the rows whose due day lies in the span asked for, whatever the tool could narrow by itself.</summary>
internal static class DueFilter
{
    public static IReadOnlyList<Row> Apply(IReadOnlyList<Row> rows, Intent intent)
    {
        var before = intent.Value(Slot.DueBefore);
        var after = intent.Value(Slot.DueAfter);
        if (before is null && after is null)
        {
            return rows;
        }

        return
        [
            .. rows.Where(row =>
                row.Field(RowText.DueKeys) is { Length: >= 10 } due && Within(due[..10], before, after)
            ),
        ];
    }

    // ISO days compare as text.
    private static bool Within(string day, string? before, string? after) =>
        (before is null || string.CompareOrdinal(day, before) < 0)
        && (after is null || string.CompareOrdinal(day, after) > 0);
}
