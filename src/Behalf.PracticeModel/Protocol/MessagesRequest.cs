using System.Text.Json;

namespace Behalf.PracticeModel.Protocol;

internal enum ToolChoiceKind
{
    Auto,
    Any,
    Tool,
    None,
}

internal sealed record ToolChoice(ToolChoiceKind Kind, string? Name, bool DisableParallel)
{
    public static ToolChoice Auto { get; } = new(ToolChoiceKind.Auto, Name: null, DisableParallel: false);
}

/// <summary>A client tool: what the model may ask the caller to run.</summary>
internal sealed record ToolDefinition(string Name, string Description, JsonElement InputSchema);

/// <summary>A request to <c>POST /v1/messages</c> that passed every check.</summary>
internal sealed record MessagesRequest
{
    public required string Model { get; init; }

    /// <value>In tokens, at least 1.</value>
    public required int MaxTokens { get; init; }

    public required IReadOnlyList<InputMessage> Messages { get; init; }

    public required IReadOnlyList<ToolDefinition> Tools { get; init; }

    public required ToolChoice ToolChoice { get; init; }

    public required bool Stream { get; init; }

    /// <value>An estimate, four characters of the request to a token.</value>
    public required int InputTokens { get; init; }
}
