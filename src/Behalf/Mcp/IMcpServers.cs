using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>
/// Virtual MCP servers: configs, instances, who is connected, and session tokens. The only entry of the room; safe to call
/// concurrently. Only service credentials without limits manage servers; what is of another environment answers like an
/// unknown thing.
/// </summary>
public interface IMcpServers
{
    Task<Result<McpConfig>> CreateConfigAsync(
        Principal principal,
        NewMcpConfig config,
        CancellationToken cancellationToken
    );

    Task<Result<McpConfig>> FindConfigAsync(Principal principal, McpConfigId id, CancellationToken cancellationToken);

    Task<Result<Page<McpConfig>>> ListConfigsAsync(
        Principal principal,
        McpConfigFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Replaces the description and, where any are given, all mappings: one that is left out is gone. None given leaves
    /// them, since the wire cannot tell none from not mentioned.
    /// </summary>
    Task<Result<McpConfig>> UpdateConfigAsync(
        Principal principal,
        McpConfigId id,
        string description,
        IReadOnlyList<NewMcpMapping> mappings,
        CancellationToken cancellationToken
    );

    /// <summary>Its URL and tokens end with it, and its instances.</summary>
    Task<Result<Done>> RemoveConfigAsync(Principal principal, McpConfigId id, CancellationToken cancellationToken);

    /// <summary>The user's instance of a config: made when there is none.</summary>
    Task<Result<McpInstance>> EnsureInstanceAsync(
        Principal principal,
        string configName,
        Identifier identifier,
        string? name,
        CancellationToken cancellationToken
    );

    Task<Result<McpInstance>> FindInstanceAsync(
        Principal principal,
        McpInstanceId id,
        CancellationToken cancellationToken
    );

    Task<Result<Page<McpInstance>>> ListInstancesAsync(
        Principal principal,
        McpInstanceFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <param name="name">Null: as it was.</param>
    /// <param name="configName">Null: as it was.</param>
    Task<Result<McpInstance>> UpdateInstanceAsync(
        Principal principal,
        McpInstanceId id,
        string? name,
        string? configName,
        CancellationToken cancellationToken
    );

    Task<Result<Done>> RemoveInstanceAsync(Principal principal, McpInstanceId id, CancellationToken cancellationToken);

    /// <summary>What the subject has at each connection of a server.</summary>
    /// <param name="withLinks">Makes an authorization link for each connection that is not active.</param>
    Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        ActingSubject subject,
        McpConfig config,
        bool withLinks,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// A token for the subject at one config's URL, and nowhere else. Refused while a mapped connection has no active
    /// account of the subject.
    /// </summary>
    /// <param name="lifetime">One minute to a day.</param>
    Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        McpConfigId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>As for a config, at the URL of the subject's own instance; of another user's it answers as of none.</summary>
    /// <param name="lifetime">One minute to a day.</param>
    Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        McpInstanceId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>A token for the subject at the server of one connection; the subject need not have an account there yet.</summary>
    /// <param name="lifetime">One minute to a day.</param>
    Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        ConnectionName connection,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Who calls a server, and what the server offers and the token allows now. Every reason for a refusal is told alike.
    /// </summary>
    Task<Result<McpVisit>> EnterAsync(McpAddress address, string token, CancellationToken cancellationToken);

    /// <summary>What the visitor has at each connection of the server.</summary>
    /// <param name="withLinks">Makes an authorization link for each connection that is not active.</param>
    Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        McpVisit visit,
        bool withLinks,
        CancellationToken cancellationToken
    );

    Task<Uri> UrlAsync(McpConfig config, CancellationToken cancellationToken);

    /// <summary>What a group may reach at the server of whoever signs in, from the next request on.</summary>
    /// <param name="tools">Empty: all of the connection.</param>
    Task<Result<GroupRule>> SetRuleAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName connection,
        IReadOnlyList<string> tools,
        CancellationToken cancellationToken
    );

    Task<Result<IReadOnlyList<GroupRule>>> ListRulesAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    /// <summary>When the last rule of an environment goes, everything may be reached again.</summary>
    Task<Result<Done>> RemoveRuleAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName connection,
        CancellationToken cancellationToken
    );

    Task<Uri> UrlAsync(McpInstance instance, CancellationToken cancellationToken);
}

public sealed record NewMcpConfig
{
    /// <value>Null for a server of one user.</value>
    public string? Name { get; init; }

    public Identifier? Identifier { get; init; }

    public string Description { get; init; } = "";

    public required IReadOnlyList<NewMcpMapping> Mappings { get; init; }
}

/// <param name="Tools">Empty: all.</param>
public sealed record NewMcpMapping(string ConnectionName, IReadOnlyList<string> Tools);
