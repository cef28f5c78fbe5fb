using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>"Complete the first of my open tasks" is a list and then a change to what it shows.</summary>
internal static partial class ListedFirst
{
    public static IEnumerable<Intent> Expand(Intent intent, DateOnly today)
    {
        if (intent.Target is not { Names: [.., var name] } || Whole().Match(name) is not { Success: true } match)
        {
            return [intent];
        }

        var list = new Intent(Verb.List, "task") { Clause = match.Value, Mine = true }
            .With(Slot.Assignee, "me")
            .With(Slot.Status, match.Groups["done"].Success ? "completed" : "open");
        if (match.Groups["overdue"].Success)
        {
            list = list.With(Slot.DueBefore, today.ToString("yyyy-MM-dd"));
        }

        var back = match.Groups["which"] is { Success: true, Value: var which } ? NameText.BackReference(which) : null;
        return [list, intent with { Target = back ?? new Reference { All = true } }];
    }

    [GeneratedRegex(
        @"^(?:(?:the\s+)?(?<which>(?:first|second|third|last|top)(?:\s+(?:two|three|four|five|one|\d))?)(?:\s+of)?|all(?:\s+of)?|each\s+of|every\s+one\s+of)\s+my\s+(?:(?:open|incomplete|(?<overdue>overdue)|(?<done>completed|done|finished))\s+)?(?:tasks?|tickets?|issues?|items?|todos?)$",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex Whole();
}
