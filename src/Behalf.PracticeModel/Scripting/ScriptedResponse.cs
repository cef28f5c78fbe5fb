using System.Text.Json;

namespace Behalf.PracticeModel;

/// <summary>
/// One exact response of the practice model. As JSON (<c>POST /_practice/script</c>) the names are in snake case:
/// <c>{"content":[{"type":"tool_use","id":"a","name":"x","input":{}}],"stop_reason":"tool_use","delay_ms":50}</c>.
/// </summary>
public sealed record ScriptedResponse
{
    /// <value>The blocks in order; may be empty.</value>
    public IReadOnlyList<ScriptedBlock> Content { get; init; } = [];

    /// <value>Default: <c>tool_use</c> when a block asks for a tool, else <c>end_turn</c>.</value>
    public string? StopReason { get; init; }

    /// <value>Wait before the first byte, in milliseconds. Default 0.</value>
    public int DelayMs { get; init; }

    /// <value>Wait before each streamed event, in milliseconds. Default 0.</value>
    public int EventDelayMs { get; init; }

    /// <value>The stream ends after that many events (or, not streaming, before the answer).</value>
    public int? CutAfterEvents { get; init; }

    /// <value>The cut resets the connection, so that even sent events may be lost. Default: the body just ends early.</value>
    public bool ResetConnection { get; init; }

    /// <value>Answered instead of the content; with <see cref="ScriptedError.AfterEvents"/> in mid-stream.</value>
    public ScriptedError? Error { get; init; }

    /// <value>Sent as the whole body with status 200: for replies that are no JSON.</value>
    public string? RawBody { get; init; }

    /// <value>Applies only to requests whose last user text contains this. Default: to every request.</value>
    public string? WhenPromptContains { get; init; }

    /// <value>How many requests it answers before it leaves the queue. Default 1.</value>
    public int Times { get; init; } = 1;

    /// <value>Reported as <c>usage.input_tokens</c>. Default: the estimate.</value>
    public int? InputTokens { get; init; }

    /// <value>Reported as <c>usage.output_tokens</c>. Default: the estimate.</value>
    public int? OutputTokens { get; init; }

    public static ScriptedResponse Say(string text) => new() { Content = [ScriptedBlock.OfText(text)] };

    public static ScriptedResponse Use(params ScriptedBlock[] uses) => new() { Content = uses };
}

/// <summary>A block of a scripted response: <c>text</c> or <c>tool_use</c>.</summary>
public sealed record ScriptedBlock
{
    /// <value><c>text</c> or <c>tool_use</c>.</value>
    public required string Type { get; init; }

    public string? Text { get; init; }

    /// <value>Default: a fresh one. Two blocks may state the same.</value>
    public string? Id { get; init; }

    /// <value>The tool; need not be one that was offered.</value>
    public string? Name { get; init; }

    public JsonElement? Input { get; init; }

    /// <value>Streamed as the input instead of <see cref="Input"/>; need not be JSON.</value>
    public string? PartialJson { get; init; }

    public static ScriptedBlock OfText(string text) => new() { Type = "text", Text = text };

    /// <param name="name">The tool.</param>
    /// <param name="input">The input as JSON text; sent as it stands.</param>
    /// <param name="id">Default: a fresh one.</param>
    public static ScriptedBlock OfToolUse(string name, string input = "{}", string? id = null) =>
        new()
        {
            Type = "tool_use",
            Name = name,
            PartialJson = input,
            Id = id,
        };
}

public sealed record ScriptedError
{
    /// <value>The HTTP status, such as 529. In mid-stream only the type shows.</value>
    public int Status { get; init; } = 500;

    /// <value>Default: the API's name for the status.</value>
    public string? Type { get; init; }

    public string Message { get; init; } = "Scripted error";

    /// <value>Sent as <c>retry-after</c>, in seconds.</value>
    public int? RetryAfter { get; init; }

    /// <value>When set, a streamed answer begins and the error event follows that many events.</value>
    public int? AfterEvents { get; init; }
}
