using System.Text.Json;

namespace Behalf.Sandbox.Endpoints;

/// <summary>Writes <c>custom_fields: {"gid": value}</c> on a task.</summary>
internal static class CustomFieldWriter
{
    public static void Apply(ApiCall call, TaskItem task, JsonObject values, bool isNew)
    {
        if (!task.Workspace.IsPremium)
        {
            throw Refusal.PlanRequired("Custom Fields are not available for free users or guests.");
        }
        var onTask = call.Access.FieldsOn(call.User, task).ToDictionary(f => f.Gid);
        foreach (var (gid, value) in values)
        {
            if (!onTask.TryGetValue(gid, out var field))
            {
                throw Refusal.BadRequest($"Custom field with ID {gid} is not on given object");
            }
            if (field.IsLocked)
            {
                throw Refusal.RoleTooLow();
            }
            Write(call, task, field, value, isNew);
        }
    }

    private static void Write(ApiCall call, TaskItem task, CustomField field, JsonNode? value, bool isNew)
    {
        if (value is null)
        {
            task.Values.Remove(field);
        }
        else
        {
            task.Values[field] = Convert(call, task, field, value);
        }
        var shown = CustomFieldFields.Display(call.View, new FieldValue(field, task.Values.GetValueOrDefault(field)));
        var subtype = $"{CustomFieldFields.Word(field.Type)}_custom_field_changed";
        TaskWriter.Tell(call, task, subtype, shown is null ? "cleared" : $"set to \"{shown}\":", field, isNew);
    }

    private static object Convert(ApiCall call, TaskItem task, CustomField field, JsonNode value)
    {
        var label = $"custom_fields.{field.Gid}";
        return field.Type switch
        {
            FieldType.Text => Text(label, value),
            FieldType.Number => Number(label, value),
            FieldType.Enum => Option(label, field, value),
            FieldType.MultiEnum => Array(label, value).Select(v => Option(label, field, v)).Distinct().ToList(),
            FieldType.People => Array(label, value)
                .Select(v => call.MemberOf(task.Workspace, label, Properties.GidOf(label, v)))
                .Distinct()
                .ToList(),
            _ => Date(label, value),
        };
    }

    private static string Text(string label, JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw NotA(label, "String", value);

    private static object Number(string label, JsonNode value) =>
        value.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<decimal>(out var number)
            ? number
            : throw NotA(label, "Number", value);

    private static EnumOption Option(string label, CustomField field, JsonNode? value)
    {
        var gid = Properties.GidOf(label, value);
        return field.Options.Find(o => o.Gid == gid && o.Enabled)
            ?? throw Refusal.BadRequest($"{label}: Not a recognized ID: {gid}");
    }

    private static DateOnly Date(string label, JsonNode value) =>
        value is JsonObject date && date["date"] is { } text
            ? Properties.ParseDate($"{label}.date", Text($"{label}.date", text))
            : throw NotA(label, "Date", value);

    private static JsonArray Array(string label, JsonNode value) =>
        value as JsonArray ?? throw NotA(label, "Array", value);

    private static Refusal NotA(string label, string wanted, JsonNode value) =>
        Refusal.BadRequest($"{label}: Not a valid {wanted} type: {Properties.Kind(value)}");
}
