namespace Behalf.Mcp;

/// <summary>
/// A virtual MCP server: tools of some connections behind one URL. Shared by all users of the application (a config), or
/// of one user (the older kind), whose identifier it then holds.
/// </summary>
public sealed record McpConfig
{
    public required EnvironmentId Environment { get; init; }

    public required McpConfigId Id { get; init; }

    /// <value>Unique among configs, <c>[a-z0-9_-]{1,100}</c>, never changed; null for a server of one user.</value>
    public string? Name { get; init; }

    /// <value>The one user of an unnamed server.</value>
    public Identifier? Identifier { get; init; }

    public string Description { get; init; } = "";

    /// <value>1–25, one per connection, in the order given. A removed connection's mapping is gone with it.</value>
    public required IReadOnlyList<McpMapping> Mappings { get; init; }

    /// <value>Random (UUIDv4): stands in the URL, names the server, and is no credential.</value>
    public required Guid Server { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required long RowVersion { get; init; }
}

/// <param name="Tools">Full tool names; empty: all tools of the connection.</param>
public sealed record McpMapping(
    ConnectionId Connection,
    ConnectionName ConnectionName,
    string Connector,
    IReadOnlyList<string> Tools
);

/// <summary>A config for one user, with a URL of its own.</summary>
public sealed record McpInstance
{
    public required EnvironmentId Environment { get; init; }

    public required McpInstanceId Id { get; init; }

    public required string Name { get; init; }

    /// <value>With the config unique.</value>
    public required Identifier Identifier { get; init; }

    public required McpConfig Config { get; init; }

    /// <value>As <see cref="McpConfig.Server"/>.</value>
    public required Guid Server { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required long RowVersion { get; init; }
}

/// <summary>What a user has at one connection of a server.</summary>
/// <param name="Account">Null: never connected.</param>
/// <param name="Link">Where the user connects, when it was asked for and is needed.</param>
public sealed record McpConnectionState(McpMapping Mapping, Connections.ConnectedAccount? Account, Uri? Link);

public enum McpAccess
{
    Full = 1,

    /// <summary>Hides and refuses tools without the read-only annotation.</summary>
    ReadOnly = 2,
}
