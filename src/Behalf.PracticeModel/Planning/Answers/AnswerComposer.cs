using System.Text;
using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>Composes the final answer from nothing but the prompt and the results.</summary>
internal static class AnswerComposer
{
    private const int MaxRows = 50;

    public static string Compose(IReadOnlyList<Outcome> outcomes) =>
        string.Join("\n\n", outcomes.Where(outcome => outcome.Kind != OutcomeKind.Skipped).Select(Sentence));

    private static string Sentence(Outcome outcome) =>
        outcome.Kind switch
        {
            OutcomeKind.Done => Done(outcome),
            OutcomeKind.Talk => "",
            OutcomeKind.NoTool => $"I have no tool for that: {outcome.Intent.Clause}.",
            OutcomeKind.MissingInput =>
                $"To do that I also need: {string.Join(", ", outcome.Missing.Select(property => property.Name.Replace('_', ' ')))}.",
            _ => TroubleText.Sentence(outcome),
        };

    private static string Done(Outcome outcome)
    {
        var text = new StringBuilder(
            outcome.Intent.Verb switch
            {
                Verb.Create => ChangeText.Created(outcome),
                Verb.List or Verb.ListIn or Verb.Find => Listed(outcome),
                Verb.Count => Counted(outcome),
                Verb.Get => Shown(outcome),
                Verb.WhoAmI => WhoAmI(outcome),
                _ => ChangeText.Changed(outcome),
            }
        );
        if (outcome.LeftOut.Count > 0 && !outcome.Intent.IsRead)
        {
            var left = string.Join(", ", outcome.LeftOut.Select(slot => slot.ToString().ToLowerInvariant()));
            text.Append($" Not set, because the tool does not take it: {left}.");
        }

        foreach (var remark in outcome.Intent.IsRead ? [] : ShownFacts.In(outcome).Remarks)
        {
            text.Append($" Note: {remark.TrimEnd('.')}.");
        }

        return text.ToString();
    }

    private static string Listed(Outcome outcome)
    {
        var intent = outcome.Intent;
        var rows = RowFilter.Apply(outcome.Rows, intent);
        var noun = intent.Noun.Length > 0 ? intent.Noun : "item";
        var where =
            outcome.Subject is { } subject && intent.Target is not null ? $" in \"{subject}\""
            : intent.Value(Slot.Query) is { } query ? $" matching \"{query}\""
            : "";
        if (rows.Count == 0)
        {
            var text = outcome.Output is { Json: null, Text: { Length: > 0 } plain } ? $"\n{plain}" : "";
            return text.Length > 0
                ? $"Found{where}:{text}"
                : $"There are no {Describe(intent)}{Plural(noun, 2)}{where}.";
        }

        var lines = rows.Take(MaxRows).Select(RowText.Line).ToList();
        var more = rows.Count > MaxRows || HasMore(outcome.Output) ? "\nThere are more." : "";
        return $"{rows.Count} {Describe(intent)}{Plural(noun, rows.Count)}{where}:\n{string.Join('\n', lines)}{more}";
    }

    private static string Describe(Intent intent) =>
        intent.Value(Slot.Status) is { } status && intent.Noun == "task" ? $"{status} " : "";

    private static string Counted(Outcome outcome)
    {
        var where = outcome.Subject is { } subject ? $" in \"{subject}\"" : "";
        var counted = outcome.Output?.Json is { ValueKind: System.Text.Json.JsonValueKind.Object } json
            ? json.EnumerateObject()
                .Where(member =>
                    member.Value.ValueKind == System.Text.Json.JsonValueKind.Number
                    && member.Name.Contains("num_", StringComparison.Ordinal)
                        | member.Name.Contains("count", StringComparison.Ordinal)
                )
                .Select(member => $"{member.Name.Replace('_', ' ')}: {member.Value}")
                .ToList()
            : [];
        return counted.Count > 0
            ? $"Counts{where}: {string.Join(", ", counted)}."
            : $"{outcome.Rows.Count} {Plural("task", outcome.Rows.Count)}{where}.{(HasMore(outcome.Output) ? " There are more." : "")}";
    }

    private static string Shown(Outcome outcome)
    {
        if (outcome.Rows.FirstOrDefault() is not { } row)
        {
            return outcome.Output?.Text is { Length: > 0 } text ? text : "The answer was empty.";
        }

        var name = RowText.Named(row);
        if (outcome.Intent.Asked is { } asked)
        {
            return asked switch
            {
                Slot.Due => row.Field(RowText.DueKeys) is { } due
                    ? $"\"{name}\" is due {due}."
                    : $"\"{name}\" has no due date.",
                Slot.Assignee => row.Field(RowText.AssigneeKeys) is { } who
                    ? $"\"{name}\" is assigned to {who}."
                    : $"\"{name}\" is not assigned to anyone.",
                Slot.Priority => RowText.Priority(row) is { } level
                    ? $"The priority of \"{name}\" is {level}."
                    : $"\"{name}\" has no priority.",
                _ => row.Flag(RowText.DoneKeys) is true ? $"\"{name}\" is completed." : $"\"{name}\" is not completed.",
            };
        }

        var lines = new List<string> { name };
        lines.AddRange(RowText.Facts(row).Select(fact => $"- {fact}"));
        lines.AddRange(
            new[] { "members", "projects", "section", "status", "team", "email" }
                .Select(key => row.Field(key) is { } value ? $"- {key}: {value}" : null)
                .OfType<string>()
        );
        lines.AddRange(new[] { row.Field(RowText.NoteKeys), row.Field(RowText.LinkKeys) }.OfType<string>());
        return string.Join('\n', lines);
    }

    private static string WhoAmI(Outcome outcome)
    {
        var row = outcome.Rows.FirstOrDefault();
        var name = row?.Field("name", "display_name", "login", "username");
        var email = row?.Field("email", "mail");
        return (name, email) switch
        {
            (null, null) => outcome.Output?.Text ?? "The answer was empty.",
            (_, null) => $"You are {name}.",
            (null, _) => $"You are {email}.",
            _ => $"You are {name} ({email}).",
        };
    }

    private static bool HasMore(ToolOutput? output) =>
        output?.Json is { ValueKind: System.Text.Json.JsonValueKind.Object } json
        && new Row(json).Field("next", "next_cursor", "cursor", "next_page", "has_more") is { } next
        && next is not ("false" or "null");

    internal static string Plural(string noun, int count) =>
        count == 1 ? noun
        : noun.EndsWith('y') ? $"{noun[..^1]}ies"
        : noun.EndsWith('s') ? $"{noun}es"
        : $"{noun}s";
}
