namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>How well a property suits a slot: the listed names first, then the words of its name, then its description.</summary>
internal static class PropertyScore
{
    private static readonly HashSet<string> Suffixes =
    [
        "id",
        "gid",
        "name",
        "key",
        "number",
        "ids",
        "gids",
        "names",
        "url",
    ];
    private static readonly HashSet<string> Bounds = ["before", "after", "since", "until", "from", "to", "contains"];

    public static double Of(ToolProperty property, Slot slot, Intent intent)
    {
        if (slot is Slot.Target or Slot.Parent)
        {
            return OfThing(property, intent.TargetNoun) is > 0 and var score ? score
                : slot == Slot.Parent ? OfNames(property, slot)
                : 0;
        }

        return OfNames(property, slot) is > 0 and var named ? named
            : slot == Slot.Priority && IsFieldMap(property) ? 1
            : slot is Slot.Field && IsFieldMap(property) ? 1
            : property.Required && SlotProperties.Of(slot).Take(2).Any(name => property.DescriptionStems.Contains(name))
                ? 0.5
            : 0;
    }

    public static bool IsFieldMap(ToolProperty property) =>
        property.Takes("object") && property.Stems.Any(stem => stem is "field" or "property" or "attribute");

    /// <summary>The property that names a thing of this kind: <c>task</c>, <c>ticket_id</c>, or plain <c>id</c>.</summary>
    private static double OfThing(ToolProperty property, string noun)
    {
        var core = property.Stems.Where(stem => !Suffixes.Contains(stem)).ToList();
        return core switch
        {
            [var word] when Words.Noun(word) == noun => 10,
            [] when property.Stems[0] is "id" or "gid" or "key" => 6,
            ["parent" or "object" or "resource" or "target" or "item"] => 4,
            _ when property.Required && core.Count < 3 && core.Any(word => Words.Noun(word) == noun) => 3,
            _ => 0,
        };
    }

    private static double OfNames(ToolProperty property, Slot slot)
    {
        var names = SlotProperties.Of(slot);
        var core = string.Join('_', Words.Split(property.Name).Where(word => !Suffixes.Contains(word)));
        var whole = string.Join('_', Words.Split(property.Name));
        for (var index = 0; index < names.Count; index++)
        {
            if (whole == names[index])
            {
                return 10 - (0.3 * index);
            }

            if (core.Length > 0 && core == names[index])
            {
                return 8 - (0.3 * index);
            }
        }

        var boundless =
            property.Stems.Any(Bounds.Contains) && slot is not (Slot.DueBefore or Slot.DueAfter or Slot.Query);
        return !boundless && names.Take(1).Any(name => property.Stems.Contains(Words.Stem(name))) ? 3 : 0;
    }
}
