using Microsoft.Extensions.AI;

namespace Behalf.Agent.Calls;

internal static class ToolResult
{
    /// <summary>A content type rather than a string, which the chat client would encode as JSON once more.</summary>
    public static FunctionResultContent Of(string callId, string text, bool isError) =>
        new(callId, new List<AIContent> { new TextContent(text) })
        {
            // How an IChatClient is told that a result is an error.
            Exception = isError ? new ToolFailedException() : null,
        };

    private sealed class ToolFailedException() : Exception("The tool call failed.");
}
