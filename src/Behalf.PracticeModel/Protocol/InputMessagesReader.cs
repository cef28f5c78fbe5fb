using System.Text.Json;

namespace Behalf.PracticeModel.Protocol;

internal static class InputMessagesReader
{
    public static IReadOnlyList<InputMessage> Read(JsonElement messages)
    {
        messages.RequireKind(JsonValueKind.Array, "messages");
        if (messages.GetArrayLength() == 0)
        {
            throw RequestRefusedException.Invalid("messages: at least one message is required");
        }

        var read = messages.EnumerateArray().Select(ReadMessage).ToList();
        return read[0].IsUser
            ? read
            : throw RequestRefusedException.Invalid("messages: first message must use the \"user\" role");
    }

    private static InputMessage ReadMessage(JsonElement message, int index)
    {
        var path = $"messages.{index}";
        message.RequireKind(JsonValueKind.Object, path);
        var role = message.RequiredString("role", path);
        if (role is not ("user" or "assistant"))
        {
            throw RequestRefusedException.Invalid(
                $"messages: Unexpected role \"{role}\". Allowed roles are \"user\" or \"assistant\"."
            );
        }

        return new InputMessage(role, ReadContent(message.Required("content", path), $"{path}.content", role));
    }

    private static List<ContentBlock> ReadContent(JsonElement content, string path, string role)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return [Text(content.GetString()!, path)];
        }

        content.RequireKind(JsonValueKind.Array, path);
        if (content.GetArrayLength() == 0 && role == "user")
        {
            throw RequestRefusedException.Invalid($"{path}: user messages must have non-empty content");
        }

        return content.EnumerateArray().Select((block, index) => ReadBlock(block, $"{path}.{index}", role)).ToList();
    }

    private static ContentBlock ReadBlock(JsonElement block, string path, string role)
    {
        block.RequireKind(JsonValueKind.Object, path);
        var type = block.RequiredString("type", path);
        return (type, role) switch
        {
            ("text", _) => Text(block.RequiredString("text", path), path),
            ("tool_use", "assistant") => ReadToolUse(block, path),
            ("tool_result", "user") => ReadToolResult(block, path),
            ("tool_use" or "tool_result", _) => throw RequestRefusedException.Invalid(
                $"{path}: `{type}` blocks can only be in `{(type == "tool_use" ? "assistant" : "user")}` messages"
            ),
            _ => new OpaqueBlock(type),
        };
    }

    private static TextBlock Text(string text, string path) =>
        text.Length > 0
            ? new TextBlock(text)
            : throw RequestRefusedException.Invalid($"{path}: text content blocks must be non-empty");

    private static ToolUseBlock ReadToolUse(JsonElement block, string path)
    {
        var input = block.Required("input", path);
        input.RequireKind(JsonValueKind.Object, $"{path}.tool_use.input");
        return new ToolUseBlock(block.RequiredString("id", path), block.RequiredString("name", path), input);
    }

    private static ToolResultBlock ReadToolResult(JsonElement block, string path) =>
        new(
            block.RequiredString("tool_use_id", path),
            ResultText(block.Optional("content"), $"{path}.content"),
            block.Flag("is_error", path)
        );

    private static string ResultText(JsonElement? content, string path)
    {
        switch (content)
        {
            case null:
                return "";
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString()!;
            case { } blocks:
                blocks.RequireKind(JsonValueKind.Array, path);
                var texts = blocks
                    .EnumerateArray()
                    .Select((block, index) => ReadBlock(block, $"{path}.{index}", "user"))
                    .OfType<TextBlock>();
                return string.Join('\n', texts.Select(text => text.Text));
        }
    }
}
