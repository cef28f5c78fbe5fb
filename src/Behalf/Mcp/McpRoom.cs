using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>The room's entry: who may, then each noun's own file.</summary>
internal sealed class McpRoom(
    McpConfigs configs,
    McpInstances instances,
    McpSessions sessions,
    McpVisits visits,
    McpUrls urls,
    GroupPolicies policies
) : IMcpServers
{
    private static readonly Problem NotAllowed = Problem.Forbidden(
        "not_allowed",
        "MCP servers are managed by a service credential that is not limited to connections or tools."
    );

    public async Task<Result<McpConfig>> CreateConfigAsync(
        Principal principal,
        NewMcpConfig config,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await configs.CreateAsync(environment, principal, config, cancellationToken)
            : NotAllowed;

    public async Task<Result<McpConfig>> FindConfigAsync(
        Principal principal,
        McpConfigId id,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await configs.FindAsync(environment, id, cancellationToken)
            : NotAllowed;

    public async Task<Result<Page<McpConfig>>> ListConfigsAsync(
        Principal principal,
        McpConfigFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await configs.ListAsync(filter with { Environment = environment }, page, cancellationToken)
            : NotAllowed;

    public async Task<Result<McpConfig>> UpdateConfigAsync(
        Principal principal,
        McpConfigId id,
        string description,
        IReadOnlyList<NewMcpMapping> mappings,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await configs.UpdateAsync(environment, principal, id, description, mappings, cancellationToken)
            : NotAllowed;

    public async Task<Result<Done>> RemoveConfigAsync(
        Principal principal,
        McpConfigId id,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await configs.RemoveAsync(environment, principal, id, cancellationToken)
            : NotAllowed;

    public async Task<Result<McpInstance>> EnsureInstanceAsync(
        Principal principal,
        string configName,
        Identifier identifier,
        string? name,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await instances.EnsureAsync(environment, principal, configName, identifier, name, cancellationToken)
            : NotAllowed;

    public async Task<Result<McpInstance>> FindInstanceAsync(
        Principal principal,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await instances.FindAsync(environment, id, cancellationToken)
            : NotAllowed;

    public async Task<Result<Page<McpInstance>>> ListInstancesAsync(
        Principal principal,
        McpInstanceFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await instances.ListAsync(filter with { Environment = environment }, page, cancellationToken)
            : NotAllowed;

    public async Task<Result<McpInstance>> UpdateInstanceAsync(
        Principal principal,
        McpInstanceId id,
        string? name,
        string? configName,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await instances.UpdateAsync(environment, principal, id, name, configName, cancellationToken)
            : NotAllowed;

    public async Task<Result<Done>> RemoveInstanceAsync(
        Principal principal,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) =>
        Managed(principal) is { } environment
            ? await instances.RemoveAsync(environment, principal, id, cancellationToken)
            : NotAllowed;

    public async Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        ActingSubject subject,
        McpConfig config,
        bool withLinks,
        CancellationToken cancellationToken
    ) =>
        Managed(subject.Principal) == config.Environment
            ? await sessions.StateAsync(subject, config.Mappings, withLinks, cancellationToken)
            : NotAllowed;

    public async Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        McpConfigId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) =>
        Managed(subject.Principal) is { } environment
            ? await sessions.CreateTokenAsync(environment, subject, id, access, lifetime, cancellationToken)
            : NotAllowed;

    public async Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        McpInstanceId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) =>
        Managed(subject.Principal) is { } environment
            ? await sessions.CreateTokenAsync(environment, subject, id, access, lifetime, cancellationToken)
            : NotAllowed;

    public Task<Result<McpVisit>> EnterAsync(McpAddress address, string token, CancellationToken cancellationToken) =>
        visits.EnterAsync(address, token, cancellationToken);

    public Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        McpVisit visit,
        bool withLinks,
        CancellationToken cancellationToken
    ) => sessions.StateAsync(visit.Subject, visit.Mappings, withLinks, cancellationToken);

    public async Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        ConnectionName connection,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) =>
        Managed(subject.Principal) is { } environment
            ? await sessions.CreateTokenAsync(environment, subject, connection, access, lifetime, cancellationToken)
            : NotAllowed;

    public Task<Uri> UrlAsync(McpConfig config, CancellationToken cancellationToken) =>
        urls.OfAsync(config, cancellationToken);

    public Task<Uri> UrlAsync(McpInstance instance, CancellationToken cancellationToken) =>
        urls.OfAsync(instance, cancellationToken);

    public Task<Result<GroupRule>> SetRuleAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName connection,
        IReadOnlyList<string> tools,
        CancellationToken cancellationToken
    ) => policies.SetAsync(principal, environment, group, connection, tools, cancellationToken);

    public Task<Result<IReadOnlyList<GroupRule>>> ListRulesAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => policies.ListAsync(principal, environment, cancellationToken);

    public Task<Result<Done>> RemoveRuleAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName connection,
        CancellationToken cancellationToken
    ) => policies.RemoveAsync(principal, environment, group, connection, cancellationToken);

    private static EnvironmentId? Managed(Principal principal) =>
        principal.Kind == PrincipalKind.ServiceClient && principal.Limits == CredentialLimits.None
            ? principal.Environment
            : null;
}
