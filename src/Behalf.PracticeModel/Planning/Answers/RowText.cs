using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>One line for one row: its name, and in brackets what matters of the rest.</summary>
internal static class RowText
{
    public static readonly string[] DueKeys = ["due_on", "due_date", "due", "deadline", "due_at"];
    public static readonly string[] AssigneeKeys = ["assignee", "assigned_to", "owner", "assignees"];
    public static readonly string[] PriorityKeys = ["priority", "importance", "severity"];
    public static readonly string[] DoneKeys = ["completed", "done", "is_completed", "closed"];
    public static readonly string[] LinkKeys = ["permalink_url", "permalink", "url", "html_url", "web_url", "link"];
    public static readonly string[] NoteKeys = ["notes", "description", "body"];

    private const int MaxNameLength = 300;

    public static string Line(Row row) => $"- {Named(row)}{Details(row)}";

    public static string Named(Row row)
    {
        var name = row.Display.ReplaceLineEndings(" ");
        return name.Length <= MaxNameLength ? name : $"{name[..MaxNameLength]}…";
    }

    public static string? Priority(Row row) => row.Field(PriorityKeys) ?? row.CustomField("priority");

    public static IEnumerable<string> Facts(Row row)
    {
        if (row.Field(AssigneeKeys) is { } assignee)
        {
            yield return $"assigned to {assignee}";
        }

        if (row.Field(DueKeys) is { } due)
        {
            yield return $"due {due}";
        }

        if (Priority(row) is { } priority)
        {
            yield return $"priority {priority}";
        }

        if (row.Flag(DoneKeys) is true)
        {
            yield return "completed";
        }
    }

    private static string Details(Row row)
    {
        var by =
            row.Field("created_by", "author", "by") is { } author && row.Field("text", "body", "comment") is not null
                ? [$"by {author}"]
                : Array.Empty<string>();
        var facts = string.Join(", ", by.Concat(Facts(row)));
        return facts.Length == 0 ? "" : $" ({facts})";
    }
}
