using System.Text.Json;

namespace Behalf.PracticeModel.Protocol;

/// <summary>One block of a message, as far as the planner reads it.</summary>
internal abstract record ContentBlock;

internal sealed record TextBlock(string Text) : ContentBlock;

internal sealed record ToolUseBlock(string Id, string Name, JsonElement Input) : ContentBlock;

/// <param name="ToolUseId">The <c>tool_use</c> it answers.</param>
/// <param name="Text">The text blocks of the result, joined by line breaks.</param>
/// <param name="IsError">As the client marked it.</param>
internal sealed record ToolResultBlock(string ToolUseId, string Text, bool IsError) : ContentBlock;

/// <summary>A kind that is accepted and carries nothing for the planner (image, thinking, document …).</summary>
internal sealed record OpaqueBlock(string Type) : ContentBlock;

internal sealed record InputMessage(string Role, IReadOnlyList<ContentBlock> Content)
{
    public bool IsUser => Role == "user";

    public string Text => string.Join('\n', Content.OfType<TextBlock>().Select(block => block.Text));
}
