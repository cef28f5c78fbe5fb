using System.Globalization;

namespace Behalf.Sandbox.Rendering;

internal static class CustomFieldFields
{
    public static readonly FieldSet<EnumOption> Option = new FieldSet<EnumOption>()
        .Compact("color", (_, o) => o.Color)
        .Compact("enabled", (_, o) => o.Enabled)
        .Compact("name", (_, o) => o.Name);

    public static readonly FieldSet<CustomField> Definition = new FieldSet<CustomField>()
        .Compact("name", (_, f) => f.Name)
        .Compact("resource_subtype", (_, f) => Word(f.Type))
        .Compact("type", (_, f) => Word(f.Type))
        .Compact("enum_options", (_, f) => f.Options, () => Option)
        .Full("asana_created_field", (_, f) => f.CreatedField)
        .Full("created_by", (_, f) => f.CreatedBy, () => PeopleFields.User)
        .Full("description", (_, f) => f.Description)
        .Full("has_notifications_enabled", (_, _) => false)
        .Full("is_formula_field", (_, _) => false)
        .Full("is_global_to_workspace", (_, f) => f.IsGlobal)
        .Full("is_value_read_only", (_, f) => f.IsLocked)
        .Full("precision", (_, f) => f.Type == FieldType.Number ? f.Precision : null)
        .OptIn("workspace", (_, f) => f.Workspace, () => PeopleFields.Workspace);

    public static readonly FieldSet<FieldSetting> Setting = new FieldSet<FieldSetting>()
        .Compact("custom_field", (_, s) => new Part(SettingField!, s.Field), () => SettingField!)
        .Compact("is_important", (_, s) => s.IsImportant)
        .Compact("parent", (_, s) => s.Project, () => ProjectFields.Project)
        .Compact("project", (_, s) => s.Project, () => ProjectFields.Project);

    /// <summary>The whole definition, which comes with the setting under the project's scope.</summary>
    public static readonly FieldSet<CustomField> SettingField = WithGid();

    /// <summary>One field of a task together with the task's value.</summary>
    public static readonly FieldSet<FieldValue> Value = new FieldSet<FieldValue>()
        .Compact("gid", (_, x) => x.Field.Gid)
        .Compact("resource_type", (_, _) => "custom_field")
        .Compact("resource_subtype", (_, x) => Word(x.Field.Type))
        .Compact("type", (_, x) => Word(x.Field.Type))
        .Compact("name", (_, x) => x.Field.Name)
        .Compact("enabled", (_, _) => true)
        .Compact("asana_created_field", (_, x) => x.Field.CreatedField)
        .Compact("display_value", (v, x) => Display(v, x))
        .Compact("date_value", (_, x) => x.Value is DateOnly date ? DateValue(date) : null)
        .Compact(
            "enum_options",
            (_, x) => x.Field.Type is FieldType.Enum or FieldType.MultiEnum ? x.Field.Options : null,
            () => Option
        )
        .Compact("enum_value", (_, x) => x.Value as EnumOption, () => Option)
        .Compact(
            "multi_enum_values",
            (_, x) => x.Field.Type == FieldType.MultiEnum ? x.Value ?? Array.Empty<EnumOption>() : null,
            () => Option
        )
        .Compact("number_value", (_, x) => x.Value as decimal?)
        .Compact(
            "people_value",
            (_, x) => x.Field.Type == FieldType.People ? x.Value ?? Array.Empty<User>() : null,
            () => PeopleFields.User
        )
        .Compact("precision", (_, x) => x.Field.Type == FieldType.Number ? x.Field.Precision : null)
        .Compact("text_value", (_, x) => x.Value as string);

    public static IEnumerable<Part> ValuesOf(View view, TaskItem task) =>
        view
            .Access.FieldsOn(view.Viewer, task)
            .Select(f => new Part(Value, new FieldValue(f, task.Values.GetValueOrDefault(f))));

    public static string Word(FieldType type) =>
        type switch
        {
            FieldType.Text => "text",
            FieldType.Number => "number",
            FieldType.Enum => "enum",
            FieldType.MultiEnum => "multi_enum",
            FieldType.Date => "date",
            _ => "people",
        };

    public static string? Display(View view, FieldValue value) =>
        value.Value switch
        {
            null => null,
            string text => text,
            decimal number => Math.Round(number, value.Field.Precision).ToString(CultureInfo.InvariantCulture),
            EnumOption option => option.Name,
            IReadOnlyList<EnumOption> options => string.Join(", ", options.Select(o => o.Name)),
            IReadOnlyList<User> users => string.Join(", ", users.Select(view.NameOf)),
            DateOnly date => DateDisplay(date),
            _ => throw new InvalidOperationException($"No display for {value.Value.GetType().Name}."),
        };

    private static string DateDisplay(DateOnly date) =>
        $"{date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}T00:00:00.000Z";

    private static JsonObject DateValue(DateOnly date) =>
        new() { ["date"] = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["date_time"] = null };

    private static FieldSet<CustomField> WithGid()
    {
        var set = new FieldSet<CustomField>()
            .Compact("gid", (_, f) => f.Gid)
            .Compact("resource_type", (_, f) => f.ResourceType);
        foreach (var (name, field) in Definition.Fields)
        {
            set.Fields.Add(name, field);
        }
        return set;
    }
}

/// <param name="Value">As in <see cref="TaskItem.Values"/>; null when empty.</param>
internal sealed record FieldValue(CustomField Field, object? Value);
