using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>Reads "create a high-priority task X in the Y project": the noun, the names, and what is said about them.</summary>
internal static partial class CreationReader
{
    public static Intent? Read(Modifiers modifiers, MaskedText prompt, IntentRule rule, Match match, string clause)
    {
        var noun = match.Groups["noun"].Success ? Words.Noun(match.Groups["noun"].Value) : "task";
        var before = match.Groups["before"].Value;
        var after = match.Groups["after"].Value;
        var reading = modifiers.ReadForCreating($"{before} \uE002 {after}");
        var slots = new Dictionary<Slot, IReadOnlyList<string>>(reading.Slots);
        var left = reading.Rest.Split('\uE002', 2)[^1];
        left = Called().Replace(left.Trim(' ', ':', ',', '-'), "");
        var plural = match.Groups["noun"].Success && Words.IsPlural(match.Groups["noun"].Value.ToLowerInvariant());
        var names =
            plural || prompt.QuotesIn(left).Count > 1 ? NameText.Values(left, prompt) : [NameText.Value(left, prompt)];
        if (names.Count == 0 || names[0].Length == 0)
        {
            return null;
        }

        if (noun == "project")
        {
            slots.Remove(Slot.Project);
        }

        foreach (var (slot, value) in rule.Fixed)
        {
            slots.TryAdd(slot, [value]);
        }

        slots[Slot.Name] = names;
        return new Intent(Verb.Create, noun) { Clause = clause, Slots = slots };
    }

    [GeneratedRegex(
        @"^(?:(?:called|named|titled|entitled|saying|with (?:the )?(?:name|title)|to|for|about|:|-)\s*)+",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex Called();
}
