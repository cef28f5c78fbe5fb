using System.Globalization;
using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>Writes the words of a slot in the form a property's schema asks for.</summary>
internal static class PropertyValue
{
    private static readonly string[][] SameOptions =
    [
        ["open", "incomplete", "active", "todo", "pending", "not_completed", "unresolved", "in_progress", "false"],
        ["completed", "complete", "done", "closed", "finished", "resolved", "true"],
        ["urgent", "critical", "highest", "blocker", "p0", "high"],
        ["high", "p1", "important"],
        ["medium", "normal", "p2", "mid", "moderate"],
        ["low", "p3", "minor"],
        ["lowest", "trivial", "p4", "low"],
    ];

    public static bool Fits(ToolProperty property, Slot slot, Intent intent) =>
        slot is Slot.Target or Slot.Parent
            ? !property.Takes("boolean")
            : Write(property, slot, intent.Slots[slot], intent) is not null;

    /// <returns>The value, or null when the schema has no place for it.</returns>
    public static JsonNode? Write(ToolProperty property, Slot slot, IReadOnlyList<string> values, Intent intent)
    {
        if (property.Takes("array") && !property.Takes("string"))
        {
            var items = values.Select(value => Option(property.ItemOptions, value)).ToList();
            return items.Contains(null) ? null : new JsonArray([.. items.Select(item => JsonValue.Create(item))]);
        }

        if (PropertyScore.IsFieldMap(property))
        {
            var field = slot == Slot.Priority ? FieldName(property, slot) : intent.Value(Slot.Field) ?? values[0];
            var content = slot == Slot.Priority ? values[0] : intent.Value(Slot.Value) ?? values[0];
            return new JsonObject { [field] = content };
        }

        return Scalar(property, slot, values[0]);
    }

    /// <summary>What a property is given without a word in the prompt: the kind of thing, and the yes of whoever said "delete".</summary>
    public static JsonNode? Implied(ToolProperty property, Slot slot, Intent intent) =>
        slot switch
        {
            Slot.Confirm when intent.Verb == Verb.Delete && property.Takes("boolean") => JsonValue.Create(true),
            Slot.Type => property.Options.FirstOrDefault(option => Words.Noun(option) == intent.Noun) is { } kind
                ? JsonValue.Create(kind)
                : null,
            _ => null,
        };

    /// <summary>The one of the slot's names that the property's description speaks of, else the usual one; as a title.</summary>
    private static string FieldName(ToolProperty property, Slot slot)
    {
        var names = SlotProperties.Of(slot);
        var name = Words.Split(property.Description).FirstOrDefault(names.Contains) ?? names[0];
        return char.ToUpperInvariant(name[0]) + name[1..];
    }

    private static JsonNode? Scalar(ToolProperty property, Slot slot, string value)
    {
        if (property.Options.Count > 0)
        {
            // Where one kind cannot be asked for, all can, and the rows are narrowed in the answer.
            var option =
                Option(property.Options, value) ?? (slot == Slot.Status ? Option(property.Options, "all") : null);
            return option is null ? null : JsonValue.Create(option);
        }

        if (property.Takes("boolean") && !property.Takes("string"))
        {
            return value switch
            {
                "true" or "completed" => JsonValue.Create(true),
                "false" or "open" => JsonValue.Create(false),
                _ => null,
            };
        }

        if ((property.Takes("integer") || property.Takes("number")) && !property.Takes("string"))
        {
            return long.TryParse(value, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null;
        }

        if (property.Takes("object") && !property.Takes("string"))
        {
            return null;
        }

        // A free status takes words, a yes or no does not belong there.
        return slot == Slot.Completed && property.Stems.Contains("status")
            ? JsonValue.Create(value == "true" ? "completed" : "open")
            : JsonValue.Create(value);
    }

    /// <returns>The option that means the same; any text when there is no closed set.</returns>
    private static string? Option(IReadOnlyList<string> options, string value)
    {
        if (options.Count == 0)
        {
            return value;
        }

        return options.FirstOrDefault(option => Same(option, value))
            ?? options.FirstOrDefault(option =>
                Words.Stem(option.ToLowerInvariant()) == Words.Stem(value.ToLowerInvariant())
            )
            ?? SameOptions
                .Where(group => group[0] == Plain(value) || group.Contains(Plain(value)))
                .SelectMany(group => group)
                .Select(word => options.FirstOrDefault(option => Same(option, word)))
                .FirstOrDefault(option => option is not null);
    }

    private static bool Same(string left, string right) => Plain(left) == Plain(right);

    private static string Plain(string text) => text.Replace(' ', '_').Replace('-', '_').ToLowerInvariant();
}
