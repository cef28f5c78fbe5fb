using Behalf.Client.Internal;
using Behalf.Wire.Tools;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Client;

internal static class ToolReading
{
    public static ToolDescription Read(Tool tool)
    {
        var definition = (tool.Definition ?? new Struct()).Fields;
        var hints = definition.GetValueOrDefault("annotations")?.StructValue?.Fields ?? [];
        var name = Text(definition, "name");
        return new ToolDescription(
            name,
            Text(hints, "title") is { Length: > 0 } title ? title
                : Text(definition, "display_name") is { Length: > 0 } displayName ? displayName
                : name,
            Text(definition, "description"),
            StructJson.ToElement(definition.GetValueOrDefault("input_schema")),
            tool.Provider,
            Text(definition, "category"),
            Hint(hints, "read_only_hint"),
            Hint(hints, "destructive_hint"),
            Hint(hints, "idempotent_hint")
        )
        {
            ChangesAccess = Hint(hints, "changes_access_hint"),
            IsDefault = tool.IsDefault != false,
        };
    }

    public static UserTool ReadOfUser(Tool tool, string connectionName)
    {
        var read = Read(tool);
        return new UserTool(
            read.Name,
            read.Title,
            read.Description,
            read.InputSchema,
            connectionName,
            read.IsReadOnly,
            read.IsDestructive,
            read.IsIdempotent
        )
        {
            ChangesAccess = read.ChangesAccess,
        };
    }

    private static string Text(MapField<string, Value> fields, string name) =>
        fields.GetValueOrDefault(name) is { KindCase: Value.KindOneofCase.StringValue } value ? value.StringValue : "";

    private static bool Hint(MapField<string, Value> fields, string name) =>
        fields.GetValueOrDefault(name) is { KindCase: Value.KindOneofCase.BoolValue, BoolValue: true };
}
