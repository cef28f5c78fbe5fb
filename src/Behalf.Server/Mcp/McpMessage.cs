using System.Text.Json;

namespace Behalf.Server.Mcp;

/// <summary>What stands in a JSON-RPC request before the SDK has read it.</summary>
/// <param name="Parameters">An object, or undefined.</param>
internal sealed record McpMessage(string? Method, JsonElement Parameters)
{
    private const int MaxDepth = 64;

    public static JsonElement NoArguments { get; } = JsonDocument.Parse("{}").RootElement;

    /// <value>The name in a <c>tools/call</c>; null for anything else, which the SDK then judges.</value>
    public string? CalledTool => Method == "tools/call" ? Text(Parameters, "name") : null;

    /// <value>What a message of the newer generation says of its revision; null: it says nothing.</value>
    public string? Version =>
        Parameters.ValueKind == JsonValueKind.Object && Parameters.TryGetProperty("_meta", out JsonElement meta)
            ? Text(meta, "io.modelcontextprotocol/protocolVersion")
            : null;

    /// <returns>Without method and parameters where it is no JSON-RPC: the SDK says so in its own words.</returns>
    public static async Task<McpMessage> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument message = await JsonDocument.ParseAsync(
                body,
                new JsonDocumentOptions { MaxDepth = MaxDepth },
                cancellationToken
            );
            return message.RootElement.ValueKind == JsonValueKind.Object
                ? new McpMessage(Text(message.RootElement, "method"), ParametersOf(message.RootElement))
                : new McpMessage(null, default);
        }
        catch (JsonException)
        {
            return new McpMessage(null, default);
        }
    }

    private static JsonElement ParametersOf(JsonElement message) =>
        message.TryGetProperty("params", out JsonElement parameters) && parameters.ValueKind == JsonValueKind.Object
            ? parameters.Clone()
            : default;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
