namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>Sentences about what was made or changed.</summary>
internal static class ChangeText
{
    public static string Created(Outcome outcome)
    {
        var intent = outcome.Intent;
        var subject = outcome.Subject;
        switch (intent.Noun)
        {
            case "comment":
                return subject is null
                    ? "Comment added."
                    : $"Comment added to \"{subject}\": \"{intent.Value(Slot.Text)}\".";
            case "status":
                return $"Status update posted to \"{subject}\".";
            case "attachment":
                return $"Attached {intent.Value(Slot.Url)} to \"{subject}\".";
            case "subtask":
                return $"Subtask \"{intent.Value(Slot.Name)}\" created under \"{subject}\".";
        }

        var names = intent.Slots.GetValueOrDefault(Slot.Name) ?? [];
        var what =
            names.Count > 1
                ? $"{names.Count} {AnswerComposer.Plural(intent.Noun, names.Count)} created"
                : $"{char.ToUpperInvariant(intent.Noun[0])}{intent.Noun[1..]} created";
        var project = outcome.LeftOut.Contains(Slot.Project) ? null : intent.Value(Slot.Project);
        var where = project is null
            ? ""
            : $" in project \"{ShownFacts.In(outcome).Fact(["project"], project) ?? project}\"";
        var list = names.Count > 1 ? $": {string.Join(", ", names.Select(name => $"\"{name}\""))}" : "";
        return string.Join(' ', new[] { $"{what}{where}{list}." }.Concat(Facts(outcome)).Concat(Link(outcome, names)));
    }

    public static string Changed(Outcome outcome)
    {
        var intent = outcome.Intent;
        var subject = outcome.Subject is { } name ? $"\"{name}\"" : Many(outcome);
        var sentence = intent.Verb switch
        {
            Verb.Complete => intent.Value(Slot.Completed) == "false"
                ? $"{subject} is open again."
                : $"{subject} is marked as done.",
            Verb.Delete => $"{subject} is deleted.",
            Verb.Move => $"{subject} is moved to \"{intent.Value(Slot.Section)}\".",
            Verb.AddTo => $"{subject} is added to project \"{intent.Value(Slot.Project)}\".",
            Verb.RemoveFrom => $"{subject} is removed from project \"{intent.Value(Slot.Project)}\".",
            Verb.Follow => $"{People(intent)} now follow(s) {subject}.",
            Verb.Unfollow => $"{People(intent)} no longer follow(s) {subject}.",
            Verb.Tag => $"{subject} is tagged \"{intent.Value(Slot.Tag)}\".",
            Verb.Untag => $"The tag \"{intent.Value(Slot.Tag)}\" is removed from {subject}.",
            Verb.Depend => $"{subject} now depends on \"{intent.Value(Slot.DependsOn)}\".",
            Verb.Undepend => $"{subject} no longer depends on \"{intent.Value(Slot.DependsOn)}\".",
            Verb.Duplicate => $"{subject} is duplicated.",
            Verb.Share => $"{subject} is shared with {People(intent)}.",
            _ => $"{subject} is updated.",
        };
        return intent.Verb == Verb.Update ? string.Join(' ', new[] { sentence }.Concat(Facts(outcome))) : sentence;
    }

    private static IEnumerable<string> Facts(Outcome outcome)
    {
        var intent = outcome.Intent;
        var shown = ShownFacts.In(outcome);
        string? Set(Slot slot, params string[] keys) =>
            intent.Value(slot) is { } asked && !outcome.LeftOut.Contains(slot) ? shown.Fact(keys, asked) : null;

        if (intent.Verb == Verb.Update && Set(Slot.Name) is { } name)
        {
            yield return $"New name: \"{name}\".";
        }

        if (Set(Slot.Assignee, RowText.AssigneeKeys) is { } assignee)
        {
            yield return $"Assigned to {(intent.Value(Slot.Assignee) == "me" ? "you" : assignee)}.";
        }

        if (Set(Slot.Priority, RowText.PriorityKeys) is { } priority)
        {
            yield return $"Priority: {priority}.";
        }

        if (Set(Slot.Due, RowText.DueKeys) is { } due)
        {
            yield return $"Due: {due}.";
        }

        if (Set(Slot.Section, "section") is { } section)
        {
            yield return $"Section: {section}.";
        }

        if (Set(Slot.Field) is not null)
        {
            yield return $"{intent.Value(Slot.Field)}: {intent.Value(Slot.Value)}.";
        }
    }

    private static IEnumerable<string> Link(Outcome outcome, IReadOnlyList<string> names) =>
        names.Count == 1 && outcome.Rows is [var row] && row.Field(RowText.LinkKeys) is { } link ? [link] : [];

    private static string Many(Outcome outcome) =>
        outcome.Rows.Count > 0 ? string.Join(", ", outcome.Rows.Select(row => $"\"{RowText.Named(row)}\"")) : "It";

    private static string People(Intent intent) =>
        string.Join(
            ", ",
            (intent.Slots.GetValueOrDefault(Slot.People) ?? ["you"]).Select(person => person == "me" ? "you" : person)
        );
}
