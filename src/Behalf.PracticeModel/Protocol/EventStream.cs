using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Protocol;

internal sealed record StreamEvent(string Name, JsonObject Data);

/// <summary>A reply as the sequence of events the API streams.</summary>
internal static class EventStream
{
    /// <value>In characters. Short, so that every reply of a sentence arrives in several deltas.</value>
    private const int DeltaLength = 24;

    public static IEnumerable<StreamEvent> Of(ModelReply reply)
    {
        yield return Event("message_start", new() { ["message"] = ReplyJson.MessageStart(reply) });
        yield return Event("ping", []);
        for (var index = 0; index < reply.Content.Count; index++)
        {
            var block = reply.Content[index];
            yield return Event(
                "content_block_start",
                new() { ["index"] = index, ["content_block"] = ReplyJson.BlockStart(block) }
            );
            foreach (var delta in Deltas(block))
            {
                yield return Event("content_block_delta", new() { ["index"] = index, ["delta"] = delta });
            }

            yield return Event("content_block_stop", new() { ["index"] = index });
        }

        yield return Event(
            "message_delta",
            new()
            {
                ["delta"] = new JsonObject { ["stop_reason"] = reply.StopReason, ["stop_sequence"] = null },
                ["usage"] = new JsonObject
                {
                    ["input_tokens"] = reply.InputTokens,
                    ["output_tokens"] = reply.OutputTokens,
                },
            }
        );
        yield return Event("message_stop", []);
    }

    public static StreamEvent Error(ApiError error) =>
        Event(
            "error",
            new()
            {
                ["error"] = new JsonObject { ["type"] = error.Type, ["message"] = error.Message },
            }
        );

    private static IEnumerable<JsonObject> Deltas(ReplyBlock block)
    {
        var (type, field, whole) = block switch
        {
            ReplyToolUse use => ("input_json_delta", "partial_json", use.InputJson),
            ReplyText text => ("text_delta", "text", text.Text),
            _ => throw new InvalidOperationException($"A reply cannot hold a {block.GetType().Name}."),
        };
        for (var start = 0; start < whole.Length; )
        {
            var length = Math.Min(DeltaLength, whole.Length - start);
            if (start + length < whole.Length && char.IsHighSurrogate(whole[start + length - 1]))
            {
                length++;
            }

            yield return new JsonObject { ["type"] = type, [field] = whole.Substring(start, length) };
            start += length;
        }
    }

    private static StreamEvent Event(string name, JsonObject fields)
    {
        fields.Insert(0, "type", name);
        return new StreamEvent(name, fields);
    }
}
