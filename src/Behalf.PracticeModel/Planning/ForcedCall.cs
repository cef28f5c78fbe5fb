using System.Text.Json.Nodes;
using Behalf.PracticeModel.Planning.Tools;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel.Planning;

/// <summary>
/// The call made when the caller insists on one (<c>tool_choice</c> any or tool) and the plan has none: the tool with the
/// fewest required inputs, each filled with the prompt, its first option, or the plainest value of its type.
/// </summary>
internal static class ForcedCall
{
    public static ReplyToolUse Of(Toolbox toolbox, string prompt)
    {
        var tool = toolbox.Tools.MinBy(candidate => candidate.Properties.Count(property => property.Required))!;
        var input = new JsonObject();
        foreach (var property in tool.Properties.Where(property => property.Required))
        {
            input[property.Name] = Plainest(property, prompt);
        }

        return new ReplyToolUse(Identifiers.Next("toolu"), tool.Name, input.ToJsonString());
    }

    private static JsonNode Plainest(ToolProperty property, string prompt) =>
        property.Options.Count > 0 ? JsonValue.Create(property.Options[0])
        : property.Takes("string") || property.Types.Count == 0 ? JsonValue.Create(prompt)
        : property.Takes("boolean") ? JsonValue.Create(false)
        : property.Takes("array") ? new JsonArray()
        : property.Takes("object") ? new JsonObject()
        : JsonValue.Create(0);
}
