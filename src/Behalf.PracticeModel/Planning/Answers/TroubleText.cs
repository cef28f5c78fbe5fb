using Behalf.PracticeModel.Planning.Results;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>Sentences about what did not work: what happened, and the one next step.</summary>
internal static class TroubleText
{
    public static string Sentence(Outcome outcome) =>
        outcome.Kind switch
        {
            OutcomeKind.NotFound => NotFound(outcome),
            OutcomeKind.Ambiguous => Ambiguous(outcome),
            _ => Failed(outcome),
        };

    private static string NotFound(Outcome outcome)
    {
        var intent = outcome.Intent;
        var message = outcome.Output?.Message ?? "";
        var named = new[]
        {
            intent.Value(Slot.Project),
            intent.Value(Slot.Section),
            intent.Value(Slot.Assignee),
            intent.Value(Slot.Tag),
            outcome.Subject,
        }
            .OfType<string>()
            .FirstOrDefault(name => message.Contains(name, StringComparison.OrdinalIgnoreCase));
        var what =
            named ?? (intent.Target is null ? intent.Value(Slot.Project) : null) ?? outcome.Subject ?? intent.Clause;
        return $"I could not find \"{what}\": it does not exist, or you have no access to it.";
    }

    private static string Ambiguous(Outcome outcome)
    {
        var what = outcome.Subject ?? outcome.Intent.Value(Slot.Project) ?? outcome.Intent.Clause;
        return outcome.Rows.Count > 0
            ? $"Several match \"{what}\":\n{string.Join('\n', outcome.Rows.Select(row => $"{RowText.Line(row)} {row.Id}"))}\nWhich one do you mean?"
            : $"Several match \"{what}\". {outcome.Output?.Message}".Trim();
    }

    private static string Failed(Outcome outcome)
    {
        var output = outcome.Output;
        var message = output?.Message is { Length: > 0 } told ? told.TrimEnd('.') + "." : "The tool gave no reason.";
        var links = output is null ? [] : output.Links.Where(link => !message.Contains(link, StringComparison.Ordinal));
        var lead = output?.Trouble switch
        {
            Trouble.Reconnect => "The account must be reconnected before I can do that.",
            Trouble.ScopeMissing => "The connected account does not allow that.",
            Trouble.NoPermission => "You have no permission for that.",
            Trouble.RateLimited => "The service asks to slow down; try again later.",
            Trouble.Refused => "That was not allowed, so I did not do it.",
            _ => "That did not work.",
        };
        return string.Join(' ', new[] { lead, message }.Concat(links));
    }
}
