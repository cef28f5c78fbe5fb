using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Planning.Tools;

internal static class ArgumentWriter
{
    /// <param name="match">The tool and which property takes which slot.</param>
    /// <param name="intent">Where the values come from.</param>
    /// <param name="target">What stands for the target: an id, or a name where the property takes one.</param>
    public static JsonObject Write(ToolMatch match, Intent intent, string? target = null)
    {
        var arguments = new JsonObject();
        foreach (var (slot, property) in match.Arguments.Properties.OrderBy(pair => pair.Key))
        {
            var value =
                slot is Slot.Target || (slot is Slot.Parent && intent.Target is not null)
                    ? WriteTarget(property, target)
                : slot is Slot.Type or Slot.Confirm && !intent.Slots.ContainsKey(slot)
                    ? PropertyValue.Implied(property, slot, intent)
                : PropertyValue.Write(property, slot, intent.Slots[slot], intent);
            if (value is not null)
            {
                arguments[property.Name] = value;
            }
        }

        return arguments;
    }

    private static JsonNode? WriteTarget(ToolProperty property, string? target) =>
        target is null ? null
        : property.Takes("array") && !property.Takes("string") ? new JsonArray(JsonValue.Create(target))
        : (property.Takes("integer") || property.Takes("number"))
        && !property.Takes("string")
        && long.TryParse(target, out var number)
            ? JsonValue.Create(number)
        : JsonValue.Create(target);
}
