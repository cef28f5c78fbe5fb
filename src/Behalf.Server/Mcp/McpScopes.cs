namespace Behalf.Server.Mcp;

/// <summary>Scopes of an MCP endpoint. What a tool may do at the provider is another matter, and the provider's.</summary>
internal static class McpScopes
{
    /// <value>Tools with the read-only annotation.</value>
    public const string Read = "tools:read";

    /// <value>All others as well.</value>
    public const string Write = "tools:write";

    /// <summary>
    /// What a client is told to ask for. Where a person is going to be asked, both at once: the person can leave the second
    /// out, and a client that cannot ask twice is not stuck.
    /// </summary>
    public static string AskedFor(HttpContext http) => IsPersonal(http) ? $"{Read} {Write}" : Read;

    public static bool IsPersonal(HttpContext http) => http.Request.Path.Value == "/mcp";
}
