using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Tests.Infrastructure;

public sealed record ToolCall(string Name, JsonObject Input)
{
    public string Json => Input.ToJsonString();
}

/// <summary>A run of the usual loop over HTTP: prompt, tool uses, results, until the model ends its turn.</summary>
public sealed class Conversation(ModelApp model, ToolSet tools)
{
    private readonly JsonArray messages = [];

    public List<ToolCall> Calls { get; } = [];

    /// <value>How many calls each turn held.</value>
    public List<int> Turns { get; } = [];

    public async Task<string> AskAsync(string prompt)
    {
        messages.Add(new JsonObject { ["role"] = "user", ["content"] = prompt });
        for (var turn = 0; turn < 12; turn++)
        {
            var (status, body) = await model.PostAsync(
                new JsonObject
                {
                    ["model"] = "practice-1",
                    ["max_tokens"] = 4000,
                    ["tools"] = tools.Definitions(),
                    ["messages"] = messages.DeepClone(),
                }
            );
            status.Should().Be(200, body.ToString());
            var content = JsonNode.Parse(body.GetProperty("content").GetRawText())!.AsArray();
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() });
            var uses = content.Where(block => (string?)block!["type"] == "tool_use").ToList();
            body.GetProperty("stop_reason").GetString().Should().Be(uses.Count > 0 ? "tool_use" : "end_turn");
            if (uses.Count == 0)
            {
                return (string)content[0]!["text"]!;
            }

            Turns.Add(uses.Count);
            messages.Add(
                new JsonObject { ["role"] = "user", ["content"] = new JsonArray([.. uses.Select(use => Answer(use!))]) }
            );
        }

        throw new InvalidOperationException(
            $"No end after 12 turns: {string.Join(" | ", Calls.Select(call => call.Name + call.Json))}"
        );
    }

    private JsonNode Answer(JsonNode use)
    {
        var call = new ToolCall((string)use["name"]!, use["input"]!.DeepClone().AsObject());
        Calls.Add(call);
        var (text, isError) = tools.Run(call);
        return new JsonObject
        {
            ["type"] = "tool_result",
            ["tool_use_id"] = (string)use["id"]!,
            ["content"] = text,
            ["is_error"] = isError,
        };
    }
}
