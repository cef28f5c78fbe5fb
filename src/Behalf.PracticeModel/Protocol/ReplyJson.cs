using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Protocol;

/// <summary>The Messages API's response objects.</summary>
internal static class ReplyJson
{
    public static JsonObject Error(ApiError error, string requestId) =>
        new()
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = error.Type, ["message"] = error.Message },
            ["request_id"] = requestId,
        };

    public static JsonObject Message(ModelReply reply) =>
        Envelope(reply, [.. reply.Content.Select(Block)], reply.StopReason, reply.OutputTokens);

    /// <summary>The message as <c>message_start</c> shows it: no content yet, no stop reason.</summary>
    public static JsonObject MessageStart(ModelReply reply) => Envelope(reply, [], stopReason: null, outputTokens: 1);

    public static JsonObject BlockStart(ReplyBlock block) =>
        block switch
        {
            ReplyToolUse use => ToolUse(use, new JsonObject()),
            _ => new JsonObject { ["type"] = "text", ["text"] = "" },
        };

    private static JsonObject Envelope(ModelReply reply, JsonArray content, string? stopReason, int outputTokens) =>
        new()
        {
            ["id"] = reply.MessageId,
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = reply.Model,
            ["content"] = content,
            ["stop_reason"] = stopReason,
            ["stop_sequence"] = null,
            ["usage"] = new JsonObject
            {
                ["input_tokens"] = reply.InputTokens,
                ["cache_creation_input_tokens"] = 0,
                ["cache_read_input_tokens"] = 0,
                ["output_tokens"] = outputTokens,
                ["service_tier"] = "standard",
            },
        };

    private static JsonNode Block(ReplyBlock block) =>
        block switch
        {
            ReplyText text => new JsonObject { ["type"] = "text", ["text"] = text.Text },
            ReplyToolUse use => ToolUse(use, ParseInput(use.InputJson)),
            _ => throw new InvalidOperationException($"A reply cannot hold a {block.GetType().Name}."),
        };

    private static JsonObject ToolUse(ReplyToolUse use, JsonNode input) =>
        new()
        {
            ["type"] = "tool_use",
            ["id"] = use.Id,
            ["name"] = use.Name,
            ["input"] = input,
        };

    /// <summary>Input that a script made invalid stays visible as a string where the whole reply must be JSON.</summary>
    private static JsonNode ParseInput(string json)
    {
        try
        {
            return JsonNode.Parse(json) ?? new JsonObject();
        }
        catch (JsonException)
        {
            return JsonValue.Create(json);
        }
    }
}
