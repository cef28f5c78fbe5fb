using System.Text.Json;
using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Protocol;

internal static partial class ToolsReader
{
    private const string NamePattern = "^[a-zA-Z0-9_-]{1,64}$";

    public static IReadOnlyList<ToolDefinition> Read(JsonElement body)
    {
        if (body.Optional("tools") is not { } tools)
        {
            return [];
        }

        tools.RequireKind(JsonValueKind.Array, "tools");
        var read = tools.EnumerateArray().Select(ReadTool).ToList();
        return read.DistinctBy(tool => tool.Name).Count() == read.Count
            ? read
            : throw RequestRefusedException.Invalid("tools: Tool names must be unique.");
    }

    public static ToolChoice ReadChoice(JsonElement body, IReadOnlyList<ToolDefinition> tools)
    {
        if (body.Optional("tool_choice") is not { } choice)
        {
            return ToolChoice.Auto;
        }

        choice.RequireKind(JsonValueKind.Object, "tool_choice");
        var single = choice.Flag("disable_parallel_tool_use", "tool_choice");
        var type = choice.RequiredString("type", "tool_choice");
        var kind = type switch
        {
            "auto" => ToolChoiceKind.Auto,
            "any" => ToolChoiceKind.Any,
            "tool" => ToolChoiceKind.Tool,
            "none" => ToolChoiceKind.None,
            _ => throw RequestRefusedException.Invalid(
                $"tool_choice: Input tag '{type}' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
            ),
        };
        if (tools.Count == 0 && kind != ToolChoiceKind.None)
        {
            throw RequestRefusedException.Invalid("tool_choice: may only be specified while providing tools.");
        }

        var name = kind == ToolChoiceKind.Tool ? choice.RequiredString("name", "tool_choice") : null;
        return name is null || tools.Any(tool => tool.Name == name)
            ? new ToolChoice(kind, name, single)
            : throw RequestRefusedException.Invalid($"tool_choice: Tool '{name}' not found in provided tools");
    }

    private static ToolDefinition ReadTool(JsonElement tool, int index)
    {
        var path = $"tools.{index}";
        tool.RequireKind(JsonValueKind.Object, path);
        if (tool.Optional("type") is { } type && type.ToString() != "custom")
        {
            throw RequestRefusedException.Invalid($"{path}: server tools of type '{type}' are not offered here");
        }

        path = $"{path}.custom";
        var name = tool.RequiredString("name", path);
        if (!Name().IsMatch(name))
        {
            throw RequestRefusedException.Invalid($"{path}.name: String should match pattern '{NamePattern}'");
        }

        var schema = tool.Required("input_schema", path);
        schema.RequireKind(JsonValueKind.Object, $"{path}.input_schema");
        if (schema.RequiredString("type", $"{path}.input_schema") != "object")
        {
            throw RequestRefusedException.Invalid($"{path}.input_schema.type: Input should be 'object'");
        }

        if (schema.Optional("properties") is { } properties)
        {
            properties.RequireKind(JsonValueKind.Object, $"{path}.input_schema.properties");
            if (properties.EnumerateObject().Any(property => !Name().IsMatch(property.Name)))
            {
                throw RequestRefusedException.Invalid(
                    $"{path}.input_schema.properties: Property keys should match pattern '{NamePattern}'"
                );
            }
        }

        var description = tool.Optional("description") is null ? "" : tool.RequiredString("description", path);
        return new ToolDefinition(name, description, schema);
    }

    [GeneratedRegex(NamePattern, RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
