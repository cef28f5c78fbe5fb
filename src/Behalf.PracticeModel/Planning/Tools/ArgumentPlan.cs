namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>Which property of a tool takes which slot of an intent.</summary>
internal sealed record ArgumentPlan
{
    public required IReadOnlyDictionary<Slot, ToolProperty> Properties { get; init; }

    /// <value>Slots of the prompt that the tool has no place for, but can run without.</value>
    public required IReadOnlyList<Slot> LeftOut { get; init; }

    /// <value>No essential slot is left out.</value>
    public required bool CanRun { get; init; }

    /// <value>Required inputs that the prompt does not give.</value>
    public required IReadOnlyList<ToolProperty> Missing { get; init; }

    public double Score => Properties.Count - (2 * LeftOut.Count) - (3 * Missing.Count);

    public static ArgumentPlan For(Tool tool, Intent intent)
    {
        var slots = WantedSlots(intent);
        var used = new Dictionary<Slot, ToolProperty>();
        foreach (var slot in slots)
        {
            var property = tool
                .Properties.Where(candidate => !used.ContainsValue(candidate))
                .Select(candidate => (candidate, score: PropertyScore.Of(candidate, slot, intent)))
                .Where(pair => pair.score > 0 && PropertyValue.Fits(pair.candidate, slot, intent))
                .OrderByDescending(pair => pair.score)
                .Select(pair => pair.candidate)
                .FirstOrDefault();
            if (property is not null)
            {
                used[slot] = property;
            }
        }

        foreach (var slot in (Slot[])[Slot.Type, Slot.Confirm])
        {
            AddImplied(tool, intent, slot, used);
        }

        var leftOut = slots.Where(slot => !used.ContainsKey(slot)).ToList();
        return new ArgumentPlan
        {
            Properties = used,
            LeftOut = [.. leftOut.Where(slot => slot != Slot.DueAfter && !IsTold(tool, intent, slot))],
            CanRun = leftOut.All(slot => !SlotProperties.IsEssential(slot) || IsTold(tool, intent, slot)),
            Missing =
            [
                .. tool.Properties.Where(property =>
                    property.Required && !property.HasDefault && !used.ContainsValue(property)
                ),
            ],
        };
    }

    /// <summary>The tool's own name says it: a tool that completes needs no <c>completed</c>, "my tasks" no assignee.</summary>
    private static bool IsTold(Tool tool, Intent intent, Slot slot) =>
        slot switch
        {
            Slot.Completed => intent.Value(Slot.Completed) == "true"
                && tool.NameWords.Any(word => word is "complete" or "finish" or "close" or "resolve"),
            Slot.Assignee => intent.Mine && tool.NameWords.Contains("my"),
            Slot.Archived => tool.NameWords.Contains("archive"),
            _ => false,
        };

    private static List<Slot> WantedSlots(Intent intent)
    {
        var slots = new List<Slot>();
        if (intent.Target is not null)
        {
            slots.Add(intent is { Verb: Verb.ListIn } or { Verb: Verb.Create } ? Slot.Parent : Slot.Target);
        }

        slots.AddRange(intent.Slots.Keys.Order());
        return slots;
    }

    private static void AddImplied(Tool tool, Intent intent, Slot slot, Dictionary<Slot, ToolProperty> used)
    {
        var property = tool.Properties.FirstOrDefault(candidate => SlotProperties.Of(slot).Contains(candidate.Name));
        if (
            property is not null
            && !used.ContainsValue(property)
            && PropertyValue.Implied(property, slot, intent) is not null
        )
        {
            used[slot] = property;
        }
    }
}
