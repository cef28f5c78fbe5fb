using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>What a clause says beside its verb and object (project, assignee, due date, priority …), and what is left of it.</summary>
internal sealed record ModifierReading(IReadOnlyDictionary<Slot, IReadOnlyList<string>> Slots, bool Mine, string Rest);

internal sealed class Modifiers(MaskedText prompt, DateOnly today)
{
    private const string Name =
        "(?:"
        + MaskedText.Mark
        + @"|(?-i:[\p{Lu}\p{Lo}\d][\w'’&./@+-]*(?:\s+(?:(?:of|for|the|&)\s+)?[\p{Lu}\p{Lo}\d][\w'’&./-]*)*))";

    private const string Level = "urgent|critical|highest|high|medium|normal|low|lowest|top|p[0-4]";

    private const string Words = @"(?:(?!\b(?:in|into|to|on|under|from|for|with|and|by|due|assigned)\b)[^\uE000])+?";

    private static readonly (Slot Slot, Regex Pattern)[] Common =
    [
        (
            Slot.Notes,
            Rule(
                $@"\b(?:with|and)\s+(?:the\s+|a\s+)?(?:notes?|description|details|body)\s*:?\s*(?<value>{MaskedText.Mark})"
            )
        ),
        (Slot.Notes, Rule($@"\b(?:notes?|description|details)\s*:\s*(?<value>{MaskedText.Mark})")),
        (Slot.Priority, Rule($@"\b(?<value>{Level})[- ]priority\b")),
        (
            Slot.Priority,
            Rule(
                $@"(?:\b(?:with|at|of|and|set|the)\s+)*(?:a\s+)?(?:its\s+)?\bpriority\s*(?:is|of|to|:|=|as)?\s*(?<value>{MaskedText.Mark}|{Level})\b"
            )
        ),
        (
            Slot.Assignee,
            Rule(
                $@",?\s*(?:\band\s+)?\b(?:re)?assign(?:ed)?(?:\s+(?:it|them|this|that|the task))?\s+to\s+(?<value>me|myself|{Name}|\S+@\S+)"
            )
        ),
        (Slot.Assignee, Rule($@"\bassignee\s*(?:is|:|=)?\s*(?<value>me|myself|{Name}|\S+@\S+)")),
        (
            Slot.Due,
            Rule(
                $@",?\s*(?:\b(?:and|which|that)\s+)*(?:\b(?:is|make it|set it|it)\s+)*\b(?:due|by|deadline)(?:\s+(?:date|on|by|at|is|of|to|for))*\s*:?\s*(?<value>{Dates.Pattern})"
            )
        ),
        (Slot.Tag, Rule($@"\b(?:tagged(?:\s+(?:with|as))?|with\s+(?:the\s+)?(?:tag|label))\s+(?<value>{Name}|\w+)")),
        (
            Slot.Section,
            Rule($@"\b(?:in|into|to|under|from)\s+(?:the\s+)?(?:section|column|lane)\s+(?<value>{Name}|\w+)")
        ),
        (
            Slot.Section,
            Rule($@"\b(?:in|into|to|under|from)\s+(?:the\s+)?(?<value>{Name}|{Words})\s+(?:section|column|lane)\b")
        ),
        (
            Slot.Project,
            Rule(
                $@"\b(?:in|into|to|on|under|from|for|of|inside)\s+(?:the\s+|my\s+|our\s+)?(?:project|board)\s+(?:called\s+|named\s+)?(?<value>{Name})"
            )
        ),
        (
            Slot.Project,
            Rule(
                $@"\b(?:in|into|to|on|under|from|for|of|inside)\s+(?:the\s+|my\s+|our\s+)?(?<value>{MaskedText.Mark}|{Words})(?:'s|’s)?\s+(?:project|board)\b"
            )
        ),
    ];

    private static readonly (Slot Slot, Regex Pattern)[] Listing =
    [
        (Slot.Limit, Rule(@"\b(?:first|top|latest|last|newest|next|up to)\s+(?<value>\d{1,3})\b")),
        (Slot.Assignee, Rule($@"\b(?:assigned to|for|of|belonging to)\s+(?<value>me|myself|{Name})(?:'s|’s)?(?=\s|$)")),
        (
            Slot.Assignee,
            Rule(
                $@"(?<=^|\s)(?<value>(?-i:\p{{Lu}}[\w-]+))(?:'s|’s)\s+(?=(?:open |overdue |completed )*(?:tasks?|tickets?|issues?|work)\b)"
            )
        ),
        (Slot.Project, Rule($@"\b(?:in|into|under|inside|from|on)\s+(?:the\s+)?(?<value>{Name})(?=\s|$|[,.?])")),
        (
            Slot.Team,
            Rule($@"\b(?:in|of|for)\s+(?:the\s+)?(?:team\s+(?<value>{Name})|(?<value>{Name}|{Words})\s+team)\b")
        ),
    ];

    private static readonly (Slot Slot, Regex Pattern)[] Creating =
    [
        (Slot.Priority, Rule(@"^\s*(?:an?\s+)?(?<value>urgent|critical)\b(?=[^\uE002]*\uE002)")),
        (Slot.Due, Rule($@"\b(?:on|for|until|before)\s+(?<value>{Dates.Pattern})")),
        (Slot.Due, Rule($@"(?<=\s)(?<value>{Dates.Pattern})$")),
        (Slot.Assignee, Rule($@"\bfor\s+(?<value>me|myself|{Name})(?=\s|$|,)")),
        (Slot.Project, Rule($@"\b(?:in|into|under|inside|to|on)\s+(?:the\s+|my\s+)?(?<value>{Name})(?=\s|$|[,.?])")),
    ];

    public ModifierReading ReadForCreating(string clause) => Read(clause, [.. Common, .. Creating], statuses: false);

    public ModifierReading ReadForListing(string clause) => Read(clause, [.. Common, .. Listing], statuses: true);

    /// <summary>For changes, where the object's own words must stay: dates, levels and people only.</summary>
    public ModifierReading ReadCommon(string clause) => Read(clause, Common, statuses: false);

    private ModifierReading Read(string clause, (Slot Slot, Regex Pattern)[] rules, bool statuses)
    {
        var slots = new Dictionary<Slot, IReadOnlyList<string>>();
        var rest = statuses ? ReadStatus(clause, slots) : clause;
        var mine = statuses && Matches(rest, @"\b(?:my|mine|i)\b");
        foreach (var (slot, pattern) in rules)
        {
            var match = pattern.Match(rest);
            if (!match.Success || slots.ContainsKey(slot))
            {
                continue;
            }

            var value = NameText.Value(match.Groups["value"].Value, prompt);
            if (Store(slots, slot, value, statuses))
            {
                rest = rest.Remove(match.Index, match.Length).Insert(match.Index, " ");
            }
        }

        mine |= statuses && slots.TryGetValue(Slot.Assignee, out var who) && who[0] == "me";
        return new ModifierReading(
            slots,
            mine,
            Regex.Replace(rest, @"\s+", " ", RegexOptions.NonBacktracking).Trim(' ', ',')
        );
    }

    private bool Store(Dictionary<Slot, IReadOnlyList<string>> slots, Slot slot, string value, bool listing)
    {
        switch (slot)
        {
            case Slot.Due:
                if (Dates.Read(value, today) is not { } range)
                {
                    return false;
                }

                if (listing)
                {
                    StoreRange(slots, range);
                    return true;
                }

                slots[slot] = [Iso(range.Last)];
                return true;
            case Slot.Priority:
                slots[slot] = [char.ToUpperInvariant(value[0]) + value[1..].ToLowerInvariant()];
                return true;
            case Slot.Assignee:
                slots[slot] = [value.ToLowerInvariant() is "me" or "myself" ? "me" : value];
                return true;
            default:
                slots[slot] = [value];
                return true;
        }
    }

    private string ReadStatus(string clause, Dictionary<Slot, IReadOnlyList<string>> slots)
    {
        if (Matches(clause, @"\b(?:overdue|late)\b"))
        {
            slots[Slot.DueBefore] = [Iso(today)];
            slots[Slot.Status] = ["open"];
        }
        else if (
            Matches(clause, @"\b(?:open|incomplete|unfinished|pending|outstanding|remaining|uncompleted|not done)\b")
        )
        {
            slots[Slot.Status] = ["open"];
        }
        else if (Matches(clause, @"\b(?:completed|done|finished|closed)\b"))
        {
            slots[Slot.Status] = ["completed"];
        }

        return Regex.Replace(
            clause,
            @"\b(?:overdue|open|incomplete|unfinished|pending|outstanding|remaining|uncompleted|not done|completed|finished|closed)\s+(?=\p{L})",
            "",
            RegexOptions.IgnoreCase,
            MaskedText.Patience
        );
    }

    private static void StoreRange(Dictionary<Slot, IReadOnlyList<string>> slots, DayRange range)
    {
        // "Before" excludes its day, as the usual APIs do.
        slots[Slot.DueBefore] = [Iso(range.Last.AddDays(1))];
        slots[Slot.DueAfter] = [Iso(range.First.AddDays(-1))];
        slots.TryAdd(Slot.Status, ["open"]);
    }

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd");

    private static bool Matches(string text, string pattern) =>
        Regex.IsMatch(text, pattern, RegexOptions.IgnoreCase, MaskedText.Patience);

    private static Regex Rule(string pattern) =>
        new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MaskedText.Patience);
}
