namespace Behalf.Client;

/// <summary>A virtual MCP server: tools of some connections behind one URL, for all users.</summary>
/// <param name="Url">Where MCP clients find it.</param>
public sealed record McpServer(
    string Id,
    string Name,
    string Description,
    Uri? Url,
    IReadOnlyList<McpConnection> Connections
);

/// <param name="Tools">None: all tools of the connection.</param>
public sealed record McpConnection(string ConnectionName, params IReadOnlyList<string> Tools);

/// <param name="Token">For this server and this user only; given once.</param>
public sealed record McpSessionToken(SecretText Token, DateTimeOffset ExpiresAt);
