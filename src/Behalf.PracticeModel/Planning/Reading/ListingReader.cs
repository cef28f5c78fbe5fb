using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>Reads "list my open tasks due this week in X": the noun, whose, which, and where.</summary>
internal static class ListingReader
{
    public static Intent Read(Modifiers modifiers, MaskedText prompt, IntentRule rule, Match match, string clause)
    {
        var noun =
            rule.Noun.Length > 0 ? rule.Noun
            : match.Groups["noun"].Success ? Words.Noun(match.Groups["noun"].Value.Split(' ')[^1])
            : "task";
        var reading = modifiers.ReadForListing(match.Value);
        var slots = new Dictionary<Slot, IReadOnlyList<string>>(reading.Slots);
        foreach (var (slot, value) in rule.Fixed)
        {
            slots.TryAdd(slot, [value]);
        }

        var mine = rule.Mine || reading.Mine;
        if (mine && slots.TryGetValue(Slot.Assignee, out var who) && who[0] != "me")
        {
            mine = false;
        }

        if (match.Groups["person"] is { Success: true, Value: var person })
        {
            slots[Slot.Assignee] = [NameText.Value(person, prompt)];
            mine = false;
        }

        if (noun != "task")
        {
            slots.Remove(Slot.Assignee);
            slots.Remove(Slot.Status);
        }
        else if (mine)
        {
            slots[Slot.Assignee] = ["me"];
        }

        if (slots.Remove(Slot.Project, out var project))
        {
            return new Intent(Verb.ListIn, noun)
            {
                Clause = clause,
                Slots = slots,
                Target = NameText.Read(project[0], prompt),
                TargetNoun = "project",
                Mine = mine && noun == "task",
            };
        }

        return new Intent(rule.Verb, noun)
        {
            Clause = clause,
            Slots = slots,
            Mine = mine && noun == "task",
        };
    }
}
