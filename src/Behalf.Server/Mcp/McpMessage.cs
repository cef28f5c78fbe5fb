using System.Text.Json;

namespace Behalf.Server.Mcp;

/// <summary>What stands in a JSON-RPC request before the SDK has read it.</summary>
internal static class McpMessage
{
    public static JsonElement NoArguments { get; } = JsonDocument.Parse("{}").RootElement;

    /// <returns>The name in a <c>tools/call</c>; null for anything else, which the SDK then judges.</returns>
    public static async Task<string?> CalledToolAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument message = await JsonDocument.ParseAsync(
                body,
                new JsonDocumentOptions { MaxDepth = 64 },
                cancellationToken
            );
            return
                message.RootElement.ValueKind == JsonValueKind.Object
                && Text(message.RootElement, "method") == "tools/call"
                && message.RootElement.TryGetProperty("params", out JsonElement parameters)
                && parameters.ValueKind == JsonValueKind.Object
                ? Text(parameters, "name")
                : null;
        }
        catch (JsonException)
        {
            return null; // no JSON: the SDK says so in its own words
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
