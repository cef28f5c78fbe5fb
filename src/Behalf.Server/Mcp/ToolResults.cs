using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Tools;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>Answers and problems as results of a tool, in words for a model.</summary>
internal static class ToolResults
{
    /// <summary>The JSON twice, as the specification wants it: structured, and as text for clients that read no structure.</summary>
    public static CallToolResult Of(ToolAnswer answer) => Of(answer.Data);

    public static CallToolResult Of(JsonObject data) =>
        new()
        {
            Content = [new TextContentBlock { Text = data.ToJsonString() }],
            StructuredContent = JsonSerializer.SerializeToElement(data),
        };

    public static CallToolResult Of(Problem problem)
    {
        string text = problem.Message;
        if (problem.RetryAfter is { } wait)
        {
            text += $" Try again in {(int)Math.Max(1, Math.Ceiling(wait.TotalSeconds))} seconds.";
        }

        if (problem.Execution is { } execution)
        {
            text += $" (execution {execution})";
        }

        return Failed(text);
    }

    public static CallToolResult Failed(string text) =>
        new() { IsError = true, Content = [new TextContentBlock { Text = text }] };
}
