namespace Behalf.Server.Mcp;

/// <summary>Scopes of an MCP endpoint. What a tool may do at the provider is another matter, and the provider's.</summary>
internal static class McpScopes
{
    /// <value>Tools with the read-only annotation.</value>
    public const string Read = "tools:read";

    /// <value>All others as well.</value>
    public const string Write = "tools:write";
}
