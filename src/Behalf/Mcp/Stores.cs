namespace Behalf.Mcp;

/// <summary>Configs of an environment.</summary>
public interface IMcpConfigStore
{
    /// <returns>False when another config has the name.</returns>
    Task<bool> AddConfigAsync(McpConfig config, Traces traces, CancellationToken cancellationToken);

    Task<McpConfig?> FindConfigAsync(EnvironmentId environment, McpConfigId id, CancellationToken cancellationToken);

    Task<McpConfig?> FindConfigAsync(EnvironmentId environment, string name, CancellationToken cancellationToken);

    /// <summary>The look-up that returns the environment: servers' UUIDs are unique in the installation.</summary>
    Task<McpConfig?> FindServerAsync(Guid server, CancellationToken cancellationToken);

    Task<Page<McpConfig>> ListConfigsAsync(
        McpConfigFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>Replaces description and mappings, if the row is still of this version.</summary>
    Task<bool> UpdateConfigAsync(McpConfig config, Traces traces, CancellationToken cancellationToken);

    /// <summary>Removes it with its instances.</summary>
    Task<bool> RemoveConfigAsync(
        EnvironmentId environment,
        McpConfigId id,
        Traces traces,
        CancellationToken cancellationToken
    );
}

/// <summary>Instances of an environment: configs given to one user each.</summary>
public interface IMcpInstanceStore
{
    /// <summary>The one instance of (config, identifier): the given one, or the one there was.</summary>
    /// <returns>Null when the config is gone.</returns>
    Task<McpInstance?> EnsureInstanceAsync(McpInstance instance, Traces traces, CancellationToken cancellationToken);

    Task<McpInstance?> FindInstanceAsync(
        EnvironmentId environment,
        McpInstanceId id,
        CancellationToken cancellationToken
    );

    /// <summary>The look-up that returns the environment, as <see cref="IMcpConfigStore.FindServerAsync"/>.</summary>
    Task<McpInstance?> FindInstanceServerAsync(Guid server, CancellationToken cancellationToken);

    /// <summary>Sets when it was used last.</summary>
    Task TouchInstanceAsync(EnvironmentId environment, McpInstanceId id, CancellationToken cancellationToken);

    Task<Page<McpInstance>> ListInstancesAsync(
        McpInstanceFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>Sets name and config.</summary>
    /// <returns>Null when it was set; else <c>changed</c>, or <c>config</c> when the user has an instance of that config.</returns>
    Task<string?> UpdateInstanceAsync(McpInstance instance, Traces traces, CancellationToken cancellationToken);

    Task<bool> RemoveInstanceAsync(
        EnvironmentId environment,
        McpInstanceId id,
        Traces traces,
        CancellationToken cancellationToken
    );
}

/// <summary>Conditions narrow together.</summary>
public sealed record McpConfigFilter
{
    public required EnvironmentId Environment { get; init; }

    /// <value>True: servers of one user; false: named configs.</value>
    public bool OfOneUser { get; init; }

    public McpConfigId? Id { get; init; }

    public string? Name { get; init; }

    /// <value>A connector's slug that some mapping has.</value>
    public string? Connector { get; init; }

    public Guid? Server { get; init; }

    public Identifier? Identifier { get; init; }

    /// <value>A literal prefix of the name.</value>
    public string? NamePrefix { get; init; }
}

/// <summary>Conditions narrow together.</summary>
public sealed record McpInstanceFilter
{
    public required EnvironmentId Environment { get; init; }

    public McpInstanceId? Id { get; init; }

    public string? Name { get; init; }

    public string? ConfigName { get; init; }

    public Identifier? Identifier { get; init; }

    /// <value>A literal prefix of the name.</value>
    public string? NamePrefix { get; init; }
}
