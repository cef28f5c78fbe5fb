using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>Reads what a prompt asks for: one intent for each clause, by the first rule that matches.</summary>
internal sealed class IntentReader
{
    private readonly MaskedText prompt;
    private readonly Modifiers modifiers;
    private readonly DateOnly today;

    private IntentReader(MaskedText prompt, DateOnly today)
    {
        this.prompt = prompt;
        this.today = today;
        modifiers = new Modifiers(prompt, today);
    }

    public static IReadOnlyList<Intent> Read(string text, DateOnly today)
    {
        var masked = MaskedText.Of(text);
        var reader = new IntentReader(masked, today);
        return
        [
            .. ClauseSplitter
                .Split(masked)
                .Select(reader.ReadClause)
                .SelectMany(intent => ListedFirst.Expand(intent, today)),
        ];
    }

    private Intent ReadClause(string clause)
    {
        foreach (var rule in IntentRules.All)
        {
            if (rule.Pattern.Match(clause) is { Success: true } match && Build(rule, match, clause) is { } intent)
            {
                return intent;
            }
        }

        return new Intent(Verb.Unknown, "") { Clause = prompt.Reveal(clause) };
    }

    private Intent? Build(IntentRule rule, Match match, string clause)
    {
        var shown = prompt.Reveal(clause);
        switch (rule.Form)
        {
            case RuleForm.Create:
                return CreationReader.Read(modifiers, prompt, rule, match, shown);
            case RuleForm.Listing:
                return ListingReader.Read(modifiers, prompt, rule, match, shown);
            case RuleForm.Changes:
                return ReadChanges(rule, match, shown);
        }

        var noun = rule.Noun.Length > 0 || rule.Verb == Verb.ListIn ? rule.Noun : NounOf(match);
        var intent = new Intent(rule.Verb, noun)
        {
            Clause = shown,
            Asked = rule.Asked,
            TargetNoun = rule.TargetNoun ?? noun,
        };
        foreach (var (slot, value) in rule.Fixed)
        {
            intent = intent.With(slot, value);
        }

        foreach (var (group, slot) in IntentRule.GroupSlots)
        {
            if (match.Groups[group] is { Success: true, Value: var raw } && raw.Trim().Length > 0)
            {
                if (SlotValues(slot, raw) is not { } values)
                {
                    return null;
                }

                intent = intent.With(slot, values);
            }
        }

        return match.Groups["target"] is { Success: true, Value: var target } && target.Trim().Length > 0
            ? intent with
            {
                Target = NameText.Read(target, prompt),
            }
            : intent;
    }

    private Intent? ReadChanges(IntentRule rule, Match match, string clause)
    {
        var slots = modifiers.ReadCommon(match.Groups["changes"].Value).Slots;
        var target = match.Groups["target"];
        return slots.Count == 0
            ? null
            : new Intent(rule.Verb, rule.Noun)
            {
                Clause = clause,
                Slots = slots,
                Target = target.Success ? NameText.Read(target.Value, prompt) : new Reference { Ordinal = 0 },
            };
    }

    private static string NounOf(Match match) =>
        match.Groups["noun"] is { Success: true, Value: var noun } ? Words.Noun(noun.Split(' ')[^1]) : "task";

    /// <returns>Null when the words cannot be what the slot needs, so that the next rule is tried.</returns>
    private IReadOnlyList<string>? SlotValues(Slot slot, string raw)
    {
        switch (slot)
        {
            case Slot.Due:
                return Dates.Read(prompt.Reveal(raw).Trim(), today) is { } range
                    ? [range.Last.ToString("yyyy-MM-dd")]
                    : null;
            case Slot.People:
                return [.. NameText.Values(raw, prompt).Select(Me)];
            case Slot.Assignee:
                return [Me(NameText.Value(raw, prompt))];
            case Slot.Project or Slot.Section or Slot.Tag or Slot.DependsOn or Slot.Parent:
                return [NameText.Read(raw, prompt) is { Names: [var name, ..] } ? name : raw.Trim()];
            case Slot.Priority:
                var level = NameText.Value(raw, prompt);
                return [char.ToUpperInvariant(level[0]) + level[1..]];
            default:
                return [NameText.Value(raw, prompt)];
        }
    }

    private static string Me(string name) => name.ToLowerInvariant() is "me" or "myself" ? "me" : name;
}
